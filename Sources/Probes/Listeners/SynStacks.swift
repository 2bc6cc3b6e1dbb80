// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
import Model

/// What `bpf/lib/listener_syns.h` counts.
struct SynStacks {
    private var tables = StackTables()
    private static let depth = StackDepth.allowed(PacketProbe.mostFrames)

    /// Before the load. Without stacks none of the maps is made.
    static func prepare(_ object: borrowing BPFObject, wanted: Bool) throws(BPFError) {
        try StackTables.prepare(object, depth: wanted ? depth : nil)
        guard !wanted else { return }
        for map in ["listener_syns", "listener_syn_count"] { try object.leaveOut(map: map) }
    }

    /// Takes out what was counted in an epoch in which nobody counts any more.
    mutating func take(
        _ epoch: UInt32, turn: UInt32, from object: borrowing BPFObject
    ) throws(BPFError) -> DroppedSYNs {
        try tables.take(turn: turn, from: object)
        var syns = DroppedSYNs()
        try object.map(named: "listener_syns").drain { keyBytes, valueBytes in
            guard let key = keyBytes.read(why_syn_key.self), UInt32(key.epoch) == epoch,
                let count = valueBytes.read(UInt64.self)
            else { return false }
            let frames = tables.stack(key.stack).frames
            let extent: DropWay.Extent =
                frames.isEmpty ? .lost : frames.count >= Self.depth ? .truncated : .whole
            let cause = ListenCause(rawValue: Int(key.cause)) ?? .other
            let way = DropWay(reason: .listener(cause), frames: frames, extent: extent)
            syns.ways[way, default: 0] += count
            return true
        }
        let all = try object.map(named: "listener_syn_count")
        if let counts = try all.lookupPerCPU(epoch, as: UInt64.self) {
            syns.all = counts.reduce(0, +)
            try all.update(epoch, bytes: [UInt8](repeating: 0, count: all.entrySize))
        }
        return syns
    }
}
