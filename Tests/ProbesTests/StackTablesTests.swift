// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Probes

@Suite struct StackTablesTests {
    private func bytes(_ words: [UInt64]) -> [UInt8] {
        words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    }

    @Test func aStackEndsWhereItsRoomIsEmpty() {
        #expect(StackTables.frames(bytes([7, 8, 0, 0])) == [7, 8])
        #expect(StackTables.frames(bytes([7, 8])) == [7, 8])
        #expect(StackTables.frames(bytes([0, 8])) == [])
        #expect(StackTables.frames([]) == [] && StackTables.frames([1, 2, 3]) == [])
    }

    @Test func theKernelAllowsNoMoreFramesThanAreWanted() {
        #expect(StackDepth.allowed(1) == 1)
        #expect((1...127).contains(StackDepth.allowed(127)))
    }

    @Test func searchesAreWeighedByWhatTheyTook() {
        func stack(_ pid: UInt32) -> StackSample {
            StackSample(pid: pid, command: "a", kernel: .frames([3, 4]), user: .none)
        }
        var searches = SearchSamples()
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
