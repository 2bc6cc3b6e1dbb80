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

    @Test func endsWhenTheTimeIsOverWithoutATick() throws {
        // It began long ago.
        var ticker = try Ticker(Pace(every: 3600, duration: 0.1), since: 0, watching: [])
        #expect(try ticker.wait() == .end)
    }
}
