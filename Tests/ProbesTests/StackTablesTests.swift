// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
import Glibc
import Model
import Testing

@testable import Probes

@Suite struct StackTablesTests {
    private func frames(_ words: [UInt64], dropping last: Int = 0) -> [UInt64] {
        let bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
        let whole = Array(bytes.dropLast(last))
        return StackTables.frames(whole.span.bytes)
    }

    /// As `stack_here` in `bpf/lib/stack_table.h` makes it.
    private func number(_ place: UInt32, _ turn: UInt32, bits: Int32 = WHY_STACK_NUMBER_BITS) -> UInt32 {
        (place + turn << UInt32(WHY_STACK_TURN_SHIFT)) & (1 << UInt32(bits) - 1)
    }

    @Test func aStackEndsWhereItsRoomIsEmpty() {
        #expect(frames([7, 8, 0, 0]) == [7, 8])
        #expect(frames([7, 8]) == [7, 8])
        #expect(frames([0, 8]) == [])
        #expect(frames([]) == [] && frames([1], dropping: 5) == [])
    }

    /// A key may outlive the turn in which its stack was taken by one.
    @Test(arguments: [WHY_STACK_NUMBER_BITS, WHY_STACK_SHORT_BITS], [UInt32(7), .max])
    func aStackIsKnownForTwoTurnsAndThenNoOtherIsTakenForIt(bits: Int32, turn: UInt32) {
        var tables = StackTables()
        tables.add([5: [1, 2]], of: turn)
        #expect(tables.frames(of: number(5, turn, bits: bits), bits: bits) == [1, 2])
        #expect(tables.frames(of: number(6, turn, bits: bits), bits: bits) == nil)
        tables.add([5: [3]], of: turn &+ 1)
        #expect(tables.frames(of: number(5, turn, bits: bits), bits: bits) == [1, 2])
        #expect(tables.frames(of: number(5, turn &+ 1, bits: bits), bits: bits) == [3])
        tables.add([5: [4]], of: turn &+ 2)
        #expect(tables.frames(of: number(5, turn, bits: bits), bits: bits) == nil)
        #expect(tables.frames(of: number(5, turn &+ 3, bits: bits), bits: bits) == nil)
    }

    @Test func whatHasNoStackIsToldFromOneThatWasLost() {
        var tables = StackTables()
        tables.add([0: [9]], of: 0)
        #expect(tables.stack(0) == .frames([9]))
        #expect(tables.stack(-EFAULT) == .none)
        #expect(tables.stack(-EEXIST) == .lost && tables.stack(-ENOMEM) == .lost)
        #expect(tables.stack(1) == .lost)
    }

    @Test func theKernelAllowsNoMoreFramesThanAreWanted() {
        #expect(StackDepth.allowed(1) == 1)
        #expect((1...127).contains(StackDepth.allowed(127)))
    }

    @Test func searchesAreWeighedByWhatTheyTook() {
        func stack(_ pid: UInt32) -> StackSample {
            StackSample(pid: pid, command: "a", kernel: .frames([3, 4]), user: .none)
        }
        var searches = PortSearchSamples()
        searches.depth = 2
        searches.sums = [
            stack(1): .init(searches: 4, nanoseconds: 5000, tried: 12),
            stack(2): .init(searches: 1, nanoseconds: 70, tried: 0),
        ]
        let time = searches.samples(of: \.nanoseconds)
        #expect(time.counts == [stack(1): 5000, stack(2): 70] && time.taken == 5070)
        #expect(time.truncated == 5070 && time.withoutStack == 0)
        // Of a bind the ports are not known: it is no stack of theirs.
        #expect(searches.samples(of: \.tried).counts == [stack(1): 12])
    }
}
