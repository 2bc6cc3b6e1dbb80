// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Collector

@Suite struct TickerTests {
    @Test func endsAfterSoManyTicks() throws {
        var ticker = try Ticker(Pace(every: 0.01, count: 3), since: 0, watching: [])
        var turns: [Ticker.Turn] = []
        for _ in 0..<5 { turns.append(try ticker.wait()) }
        #expect(turns == [.tick, .tick, .tick, .end, .end])
    }

    @Test func looksAsOftenAsThatBeforeATick() throws {
        var ticker = try Ticker(Pace(every: 0.3, count: 2), looks: 3, since: 0, watching: [])
        var turns: [Ticker.Turn] = []
        while turns.last != .end { turns.append(try ticker.wait()) }
        // Of looks some may fall out where the CPU is short, but no tick.
        #expect(turns.filter { $0 != .look } == [.tick, .tick, .end])
        #expect((1...4).contains(turns.count(where: { $0 == .look })))
    }

    @Test func endsWhenTheTimeIsOverWithoutATick() throws {
        // It began long ago.
        var ticker = try Ticker(Pace(every: 3600, duration: 0.1), since: 0, watching: [])
        #expect(try ticker.wait() == .end)
    }
}
