// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
public import Model

/// What `bpf/lib/connect_stacks.h` sums up.
struct PortSearchStacks {
    private var tables = StackTables()
    private var taken: [StackSample: PortSearchSamples.Sums] = [:]

    static let ring = "connect_processes"
    private static let sums = "connect_stacks"
    private static let others = "connect_other_stacks"
    private static let depth = StackDepth.allowed(CallStack.mostFrames)

    /// Before the load. Without stacks none of the maps is made.
    /// - Parameter rows: `nil`: none are wanted.
    static func prepare(_ object: borrowing BPFObject, rows: UInt32?) throws(BPFError) {
        try StackTables.prepare(object, depth: rows == nil ? nil : depth)
        if let rows { return try object.setMaxEntries(map: sums, rows) }
        for map in [sums, others, ring, "reported_processes"] { try object.leaveOut(map: map) }
    }

    /// Takes out what was counted in an epoch in which nobody counts any more; `samples` has it
    /// beside what was there.
    mutating func take(
        _ epoch: UInt32, turn: UInt32, from object: borrowing BPFObject
    ) throws(BPFError) {
        try tables.take(turn: turn, from: object)
        let tables = tables
        try object.map(named: Self.sums).drain { keyBytes, valueBytes in
            guard let key = keyBytes.read(why_stack_key.self), key.epoch == epoch,
                let value = valueBytes.read(why_search_sums.self)
            else { return false }
            add(value, to: Self.sample(key, tables))
            return true
        }
        let others = try object.map(named: Self.others)
        if let value = try others.lookup(epoch, as: why_search_sums.self), value.searches > 0 {
            add(value, to: .otherSearches)
            try others.update(epoch, why_search_sums())
        }
    }

    /// What was taken out since the last call.
    mutating func samples() -> PortSearchSamples {
        var samples = PortSearchSamples()
        samples.depth = Self.depth
        swap(&samples.sums, &taken)
        return samples
    }

    private mutating func add(_ value: why_search_sums, to stack: StackSample) {
        guard value.searches > 0 else { return }
        let sums = PortSearchSamples.Sums(
            searches: value.searches, nanoseconds: value.search_ns, tried: value.tried)
        taken[stack, default: PortSearchSamples.Sums()].add(sums)
    }

    private static func sample(_ key: why_stack_key, _ tables: StackTables) -> StackSample {
        // A search has a kernel stack, always; a thread of the kernel has no other.
        let kernel = tables.stack(key.kernel)
        let user = tables.stack(key.user)
        return StackSample(
            pid: key.pid, command: CommandName(key.comm).text, kernel: kernel == .none ? .lost : kernel,
            user: user == .none && kernel.frames.isEmpty ? .lost : user)
    }
}

extension StackSample {
    /// Those for whose row the table had no room.
    public static let otherSearches = StackSample(pid: 0, command: "[others]", kernel: .lost, user: .lost)
}

extension PortSearchSamples.Sums {
    mutating func add(_ other: Self) {
        searches &+= other.searches
        nanoseconds &+= other.nanoseconds
        tried &+= other.tried
    }
}
