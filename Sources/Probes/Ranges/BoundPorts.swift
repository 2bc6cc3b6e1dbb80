// SPDX-License-Identifier: Apache-2.0

/// The ports of a namespace that sockets hold by bind(). connect() passes over them,
/// whatever its destination (`__inet_hash_connect`, net/ipv4/inet_hashtables.c).
struct BoundPorts {
    /// `struct why_bound_ports`: a bit for each port, in words of the machine.
    let bits: [UInt8]

    func contains(_ port: UInt16) -> Bool {
        let word = Int(port) / 64 * 8
        let byte = Int(port) % 64 / 8
        let place = word + (1.littleEndian == 1 ? byte : 7 - byte)
        return place < bits.count && bits[place] >> (port % 8) & 1 == 1
    }

    /// How many ports of a range are bound and fit, and of those how many have the parity
    /// of its first one.
    func count(
        in range: ClosedRange<UInt16>, where fits: (UInt16) -> Bool
    ) -> (all: UInt32, first: UInt32) {
        range.reduce(into: (0, 0)) { sum, port in
            guard contains(port), fits(port) else { return }
            sum.all += 1
            sum.first += (port ^ range.lowerBound) & 1 == 0 ? 1 : 0
        }
    }
}
