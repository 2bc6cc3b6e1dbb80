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

/// The stacks of dropped packets.
enum PacketStacks {
    /// Without the tracepoint's own innermost frames: where the packet was dropped is
    /// known, and if that is not on the stack (inlined), their names are.
    static func trim(
        _ frames: [UInt64], _ location: UInt64, _ symbol: (UInt64) -> String
    ) -> ArraySlice<UInt64> {
        if let start = frames.firstIndex(of: location) { return frames[start...] }
        return frames.drop { address in
            own.contains { symbol(address).hasPrefix($0) }
        }
    }

    private static let own = [
        "bpf_", "__bpf_", "__traceiter_", "trace_", "kfree_skb", "__kfree_skb", "sk_skb_reason_drop",
    ]
}
