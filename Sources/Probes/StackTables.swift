// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
import Host

/// The stacks that `bpf/lib/stack.h` keeps. A place keeps its stack, so each is read once.
struct StackTables {
    /// By place, innermost first.
    private var known: [UInt32: [UInt64]] = [:]

    private static let names = ["stacks", "more_stacks"]

    /// Has the tables made for stacks of so many frames.
    /// - Parameter depth: `nil`: no stacks are wanted.
    static func prepare(_ object: borrowing BPFObject, depth: Int?) throws(BPFError) {
        for name in names {
            if let depth {
                try object.setValueSize(map: name, UInt32(depth * MemoryLayout<UInt64>.size))
            } else {
                try object.leaveOut(map: name)
            }
        }
    }

    /// - Returns: the addresses, innermost first; none if there is no such stack.
    mutating func frames(
        at place: UInt32, in object: borrowing BPFObject
    ) throws(BPFError) -> [UInt64] {
        if let frames = known[place] { return frames }
        let table = place < UInt32(WHY_STACKS) ? 0 : 1
        let bytes = try object.map(named: Self.names[table]).lookupBytes(place % UInt32(WHY_STACKS))
        let frames = bytes.map(Self.frames) ?? []
        known[place] = frames
        return frames
    }

    /// A stack as the kernel's tables hold it: the rest of its room is zeros.
    static func frames(_ bytes: [UInt8]) -> [UInt64] {
        bytes.withUnsafeBytes { Array($0.bindMemory(to: UInt64.self).prefix { $0 != 0 }) }
    }
}

/// How many frames of a stack the kernel takes down.
enum StackDepth {
    /// - Parameter most: as many as are wanted. The kernel makes no table for more than
    ///   `kernel.perf_event_max_stack`.
    static func allowed(_ most: Int) -> Int {
        let allowed = (try? Sysctl.integer("kernel.perf_event_max_stack")) ?? most
        return max(min(allowed, most), 1)
    }
}
