// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
import Host

/// The stacks that `bpf/lib/stack.h` keeps, as functions' names.
struct PacketStacks {
    /// By number, innermost first. A stack keeps its number.
    private var addresses: [UInt32: [UInt64]] = [:]

    /// Bytes of a stack: no more frames than `kernel.perf_event_max_stack` allows.
    static func size(wanted: Bool) -> UInt32 {
        guard wanted else { return 8 }
        let most = (try? Sysctl.integer("kernel.perf_event_max_stack")) ?? Int(WHY_STACK_DEPTH)
        return UInt32(max(min(most, Int(WHY_STACK_DEPTH)), 1) * 8)
    }

    /// Reads those of the numbers that are new; returns all addresses in them.
    mutating func read(_ numbers: Set<UInt32>, in map: borrowing BPFMap) throws(BPFError) -> Set<UInt64> {
        var new: Set<UInt64> = []
        for number in numbers where addresses[number] == nil {
            let frames = try map.lookupBytes(number).map(Self.frames) ?? []
            addresses[number] = frames
            new.formUnion(frames)
        }
        return new
    }

    private static func frames(_ bytes: [UInt8]) -> [UInt64] {
        let span = unsafe bytes.span.bytes
        return (0..<bytes.count / 8).compactMap { span.read(UInt64.self, at: $0 * 8) }.prefix { $0 != 0 }.map
        { $0 }
    }

    /// The outermost first; the last is where the packet was dropped. Empty: not known.
    func frames(of number: UInt32, droppedAt location: UInt64, _ places: PacketPlaces) -> [String] {
        guard let frames = addresses[number] else { return [] }
        return Self.trim(frames, location) { places[$0]?.symbol ?? "" }.reversed().map(places.text)
    }

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
