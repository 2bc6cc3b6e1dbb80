// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Model

@Suite struct StackRowsTests {
    private func stack(_ frames: [String], _ count: UInt64, pid: UInt32 = 1) -> NamedStack {
        NamedStack(owner: .init(pid: pid, command: "a"), frames: frames, count: count)
    }

    /// Three times as many stacks as there are rows for, of which one is busy all the time.
    @Test func theRarestLeaveAndNothingIsLost() {
        var rows = StackRows(keepsProcesses: true, most: 100)
        for round in 0..<30 {
            rows.add([stack(["main", "busy"], 7)])
            rows.add((0..<10).map { stack(["main", "f\(round)_\($0)"], 1) })
            #expect(rows.stacks.count <= 101)
            #expect(rows.stacks.reduce(0) { $0 + $1.count } == UInt64(17 * (round + 1)))
        }
        #expect(rows.stacks.first { $0.frames == ["main", "busy"] }?.count == 210)
        #expect(rows.others > 0 && rows.stacks.contains(.others(rows.others)))
    }

    @Test func whatProcessesOfOneNameHaveInCommonIsOneRow() {
        var folded = StackRows(keepsProcesses: false, most: 10)
        var json = StackRows(keepsProcesses: true, most: 10)
        let stacks = [stack(["main"], 2, pid: 1), stack(["main"], 3, pid: 2), stack(["other"], 1, pid: 2)]
        folded.add(stacks)
        json.add(stacks)
        #expect(folded.stacks.map(\.count) == [5, 1])
        #expect(json.stacks == [stacks[1], stacks[0], stacks[2]])
    }

    @Test func anIntervalHasAllThatCameSinceAlsoWhatLeft() {
        var earlier = StackRows(keepsProcesses: true, most: 4)
        earlier.add([stack(["busy"], 5), stack(["rare"], 1), stack(["idle"], 9)])
        var later = earlier
        // "rare" leaves for others, and comes back.
        later.add([stack(["busy"], 2), stack(["b"], 3), stack(["c"], 6)])
        later.add([stack(["rare"], 1)])
        #expect(later.others == 4)
        let total = later.total
        later.subtract(earlier)
        #expect(later.total == total - earlier.total && later.total == 12)
        #expect(later.stacks == [stack(["c"], 6), .others(4), stack(["busy"], 2)])
        later.subtract(later)
        #expect(later.total == 0 && later.stacks.isEmpty)
    }
}
