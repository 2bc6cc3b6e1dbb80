// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
import Glibc
import Model

/// What `bpf/lib/search_stack.h` sums up.
struct SearchStacks {
    private var tables = StackTables()

    static let ring = "processes"
    private static let sums = "search_stacks"
    private static let depth = StackDepth.allowed(CallStack.mostFrames)

    /// Before the load. Without stacks none of the maps is made.
    static func prepare(_ object: borrowing BPFObject, wanted: Bool) throws(BPFError) {
        try StackTables.prepare(object, depth: wanted ? depth : nil)
        guard !wanted else { return }
        for map in [sums, ring, "told"] { try object.leaveOut(map: map) }
    }

    /// The row of what does not fit.
    static func addOverflow(_ object: borrowing BPFObject) throws(BPFError) {
        try object.map(named: sums).update(why_stack_key(), why_search_sums())
    }

    mutating func read(_ object: borrowing BPFObject) throws(BPFError) -> SearchSamples {
        var rows: [(why_stack_key, why_search_sums)] = []
        try object.map(named: Self.sums).forEach { keyBytes, valueBytes in
            guard let key = keyBytes.read(why_stack_key.self),
                let value = valueBytes.read(why_search_sums.self), value.searches > 0
            else { return }
            rows.append((key, value))
        }
        var samples = SearchSamples()
        samples.depth = Self.depth
        for (key, value) in rows {
            let sums = SearchSamples.Sums(
                searches: value.searches, nanoseconds: value.search_ns, tried: value.tried)
            samples.sums[try sample(key, object), default: SearchSamples.Sums()].add(sums)
        }
        return samples
    }

    private mutating func sample(
        _ key: why_stack_key, _ object: borrowing BPFObject
    ) throws(BPFError) -> StackSample {
        if key.pid == 0 { return .others }
        // A search has a kernel stack, always; a thread of the kernel has no other.
        let kernel = try stack(key.kernel, object)
        let user = try stack(key.user, object)
        return StackSample(
            pid: key.pid, command: CommandName(key.comm).text, kernel: kernel ?? .lost,
            user: user ?? (key.user == -EEXIST || kernel == nil ? .lost : .none))
    }

    /// `nil`: there is none at that place.
    private mutating func stack(_ place: Int32, _ object: borrowing BPFObject) throws(BPFError) -> CallStack?
    {
        guard place >= 0 else { return nil }
        let frames = try tables.frames(at: UInt32(place), in: object)
        return frames.isEmpty ? nil : .frames(frames)
    }
}

extension StackSample {
    /// Those for whose row the table had no room.
    static let others = StackSample(pid: 0, command: "[others]", kernel: .lost, user: .lost)
}

extension SearchSamples.Sums {
    mutating func add(_ other: Self) {
        searches &+= other.searches
        nanoseconds &+= other.nanoseconds
        tried &+= other.tried
    }
}
