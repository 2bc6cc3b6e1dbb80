// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
import Glibc
import Model

/// What `bpf/lib/syn_stack.h` counts.
struct SynStacks {
    private var tables = StackTables()
    private static let depth = StackDepth.allowed(PacketProbe.mostFrames)

    /// Before the load. Without stacks none of the maps is made.
    static func prepare(_ object: borrowing BPFObject, wanted: Bool) throws(BPFError) {
        try StackTables.prepare(object, depth: wanted ? depth : nil)
        guard !wanted else { return }
        for map in ["syns", "dropped_syns"] { try object.leaveOut(map: map) }
    }

    mutating func read(_ object: borrowing BPFObject) throws(BPFError) -> DroppedSYNs {
        var rows: [(key: why_syn_key, count: UInt64)] = []
        try object.map(named: "syns").forEach { keyBytes, valueBytes in
            guard let key = keyBytes.read(why_syn_key.self), let count = valueBytes.read(UInt64.self) else {
                return
            }
            rows.append((key, count))
        }
        var syns = DroppedSYNs()
        for row in rows {
            let frames = row.key.stack < 0 ? [] : try tables.frames(at: UInt32(row.key.stack), in: object)
            let extent: DropWay.Extent =
                frames.isEmpty ? .lost : frames.count >= Self.depth ? .truncated : .whole
            let cause = ListenCause(rawValue: Int(row.key.cause)) ?? .other
            let way = DropWay(reason: .listener(cause), frames: frames, extent: extent)
            syns.ways[way, default: 0] += row.count
        }
        let all = try object.map(named: "dropped_syns").lookupPerCPU(UInt32(0), as: UInt64.self)
        syns.all = all?.reduce(0, +) ?? 0
        return syns
    }
}
