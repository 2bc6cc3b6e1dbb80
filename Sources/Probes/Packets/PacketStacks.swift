// SPDX-License-Identifier: Apache-2.0

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
