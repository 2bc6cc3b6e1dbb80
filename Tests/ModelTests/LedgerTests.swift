// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@Suite struct LedgerTests {
    /// Three times as many keys as may stay come and go, ten at a look; one is busy all the time.
    @Test func theBusyStaysAndNothingIsLost() {
        var ledger = Ledger<ConnectKey, ConnectStats>(keeping: 100)
        let busy = key(pid: 1, port: 80)
        var counted: UInt64 = 0
        for look in 0..<30 {
            var part = [busy: stats(7)]
            for number in 0..<10 { part[key(pid: UInt32(1000 + look * 10 + number), port: 443)] = stats(1) }
            counted += 17
            ledger.add(part)
            #expect(ledger.rows[busy]?.connects == UInt64(7 * (look + 1)))
            #expect(ledger.rows.count <= 100 + part.count)
            #expect(part.keys.allSatisfy { ledger.rows[$0] != nil }, "what is active has its row")
            #expect(sum(ledger.rows) + sum(ledger.ended) == counted)
        }
        #expect(ledger.ended.keys.map(\.pid) == [0], "processes that went are one row by destination")
        #expect(sum(ledger.totals) == counted)
    }

    @Test func theLongestIdleLeaveFirst() {
        var ledger = Ledger<ConnectKey, ConnectStats>(keeping: 4)
        for pid in UInt32(1)...6 { ledger.add([key(pid: pid, port: 80): stats(1)]) }
        #expect(Set(ledger.rows.keys.map(\.pid)) == [3, 4, 5, 6])
    }

    /// One process with ever new destinations: what leaves is bounded, too.
    @Test func whatLeavesIsBounded() {
        var ledger = Ledger<ConnectKey, ConnectStats>(keeping: 10)
        for port in UInt16(1)...1000 { ledger.add([key(pid: 1, port: port): stats(1)]) }
        #expect(ledger.rows.count <= 11 && ledger.ended.count <= 11)
        #expect(sum(ledger.totals) == 1000)
        #expect((ledger.ended[.rest]?.connects ?? 0) > 900)
    }

    @Test func whatComesBackBeginsAtNothing() {
        var ledger = Ledger<ConnectKey, ConnectStats>(keeping: 1)
        for pid: UInt32 in [1, 2, 3, 1] { ledger.add([key(pid: pid, port: 80): stats(5)]) }
        #expect(ledger.rows[key(pid: 1, port: 80)]?.connects == 5)
        #expect(sum(ledger.totals) == 20)
    }

    private func key(pid: UInt32, port: UInt16) -> ConnectKey {
        ConnectKey(
            kind: .connect, pid: pid, command: "client", netns: 1, family: .ipv4, source: nil,
            destination: IPAddress(127, 0, 0, 1), port: port)
    }

    private func stats(_ connects: UInt64) -> ConnectStats {
        var stats = ConnectStats()
        stats.connects = connects
        return stats
    }

    private func sum(_ rows: [ConnectKey: ConnectStats]) -> UInt64 {
        rows.values.reduce(0) { $0 + $1.connects }
    }
}
