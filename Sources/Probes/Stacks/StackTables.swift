// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
import Glibc
import Host
import Model

/// The stacks that `bpf/lib/stack_table.h` keeps, taken out turn by turn.
struct StackTables {
    /// The turn that was taken out last.
    private var turn: UInt32 = 0
    /// Its stacks by place, innermost first.
    private var last: [UInt32: [UInt64]] = [:]
    /// Those of the turn before: what lasts may have begun then.
    private var before: [UInt32: [UInt64]] = [:]

    /// Of even turns and of odd ones.
    private static let names = [["stacks_0", "more_stacks_0"], ["stacks_1", "more_stacks_1"]]

    /// Has the tables made for stacks of so many frames.
    /// - Parameters:
    ///   - depth: `nil`: no stacks are wanted.
    ///   - places: of each table, a power of two.
    static func prepare(
        _ object: borrowing BPFObject, depth: Int?, places: UInt32 = 1 << UInt32(WHY_STACK_BITS)
    ) throws(BPFError) {
        for name in names.joined() {
            if let depth {
                try object.setMaxEntries(map: name, places)
                try object.setValueSize(map: name, UInt32(depth * MemoryLayout<UInt64>.size))
            } else {
                try object.leaveOut(map: name)
            }
        }
    }

    /// Empties the tables of a turn in which nobody takes stacks any more (`Epochs.close`). They
    /// are known until the turn after the next is taken out.
    mutating func take(turn: UInt32, from object: borrowing BPFObject) throws(BPFError) {
        var taken: [UInt32: [UInt64]] = [:]
        for (table, name) in Self.names[Int(turn & 1)].enumerated() {
            try object.map(named: name).drain { key, stack in
                if let place = key.read(UInt32.self) {
                    taken[place | UInt32(table) << UInt32(WHY_STACK_BITS)] = Self.frames(stack)
                }
                return true
            }
        }
        add(taken, of: turn)
    }

    /// - Parameter stacks: by place.
    mutating func add(_ stacks: [UInt32: [UInt64]], of turn: UInt32) {
        before = last
        last = stacks
        self.turn = turn
    }

    /// - Parameters:
    ///   - number: as `stack_here` gave it.
    ///   - bits: how many of it there are.
    /// - Returns: the addresses, innermost first; `nil`: its turn is too long ago.
    func frames(of number: UInt32, bits: Int32 = WHY_STACK_NUMBER_BITS) -> [UInt64]? {
        let shift = UInt32(WHY_STACK_TURN_SHIFT)
        let turns: UInt32 = 1 << (UInt32(bits) - shift) - 1
        let place = number & (1 << shift - 1)
        switch number >> shift {
        case turn & turns: return last[place]
        case (turn &- 1) & turns: return before[place]
        default: return nil
        }
    }

    /// - Parameter number: of a stack, or minus errno.
    func stack(_ number: Int32) -> CallStack {
        guard number >= 0 else { return number == -EEXIST || number == -ENOMEM ? .lost : .none }
        guard let frames = frames(of: UInt32(number)) else { return .lost }
        return frames.isEmpty ? .none : .frames(frames)
    }

    /// A stack as the kernel's tables hold it: the rest of its room is zeros.
    static func frames(_ bytes: RawSpan) -> [UInt64] {
        var frames: [UInt64] = []
        for at in stride(from: 0, to: bytes.byteCount, by: MemoryLayout<UInt64>.size) {
            guard let address = bytes.read(UInt64.self, at: at), address != 0 else { break }
            frames.append(address)
        }
        return frames
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
