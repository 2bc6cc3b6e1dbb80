// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Collector

@Suite struct MachinePartTests {
    private func calls(_ pid: UInt32, to port: UInt16 = 80) -> ConnectKey {
        ConnectKey(
            kind: .connect, pid: pid, command: "curl", netns: 1, family: .ipv4, source: nil,
            destination: IPAddress(127, 0, 0, 1), port: port)
    }

    private func connects(_ count: UInt64) -> ConnectStats {
        var stats = ConnectStats()
        stats.connects = count
        return stats
    }

    /// However many connect: those that do so most often are looked at, over all of their rows.
    @Test func callersAreBounded() {
        var rows: [ConnectKey: ConnectStats] = [:]
        for pid: UInt32 in 1...200 { rows[calls(pid)] = connects(UInt64(pid)) }
        rows[calls(1, to: 81)] = connects(1000)
        let callers = MachinePart.callers(rows)
        #expect(callers.count == MachinePart.mostCallers && callers.prefix(3) == [1, 200, 199])
    }
}
