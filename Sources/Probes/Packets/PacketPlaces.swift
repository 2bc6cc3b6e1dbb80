// SPDX-License-Identifier: Apache-2.0
import Host

/// Where addresses of the kernel are, each looked up once.
struct PacketPlaces {
    private var places: [UInt64: KernelPlace] = [:]
    private var looked: Set<UInt64> = []
    /// Why addresses are shown as such: `nil` as long as none is.
    private(set) var obstacle: String?

    subscript(address: UInt64) -> KernelPlace? { places[address] }

    func text(_ address: UInt64) -> String {
        places[address]?.description ?? "0x" + String(address, radix: 16)
    }

    mutating func lookUp(_ addresses: Set<UInt64>) {
        let new = addresses.subtracting(looked)
        guard !new.isEmpty else { return }
        looked.formUnion(new)
        do throws(HostError) {
            places.merge(try KernelSymbols.places(of: new)) { $1 }
            // A module may have gone since; without any place it is a matter of principle.
            if places.isEmpty { obstacle = try KernelSymbols.obstacle() }
        } catch {
            obstacle = "\(error)"
        }
    }
}
