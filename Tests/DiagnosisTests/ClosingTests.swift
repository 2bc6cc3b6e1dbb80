// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Diagnosis

/// What waits in an accept queue when its socket closes.
@Suite struct ClosingTests {
    private func finding(_ seen: Observation) -> Finding? { seen.report.findings[.queueLostOnClose] }

    /// 500 of 10,500, over both sockets.
    @Test func sharedPortMayMigrate() throws {
        let finding = try #require(self.finding(Sick.reload))
        #expect(finding.confidence == .certain && finding.severity == .critical)
        #expect(finding.value("lost_on_close_per_s") == 50 && finding.impact.failedPerSecond == 50)
        #expect(finding.impact.share == 500.0 / 10_500)
        #expect(finding.sysctls == ["net.ipv4.tcp_migrate_req": "1"])
        #expect(finding.fixes.count == 2)
    }

    /// The same by each backend: the queue's length is read where the socket closes.
    @Test func tracepointsSeeAsMuch() throws {
        let finding = try #require(self.finding(Sick.reload.byTracepoints))
        #expect(finding.confidence == .certain && finding.evidence.first?.source == .traced(.tracepoint))
    }

    /// Where the kernel has no such setting (before 5.14), or it is set, it is no fix.
    @Test(arguments: [nil, 1] as [Int?])
    func migrationIsProposedOnlyWhereItHelps(setting: Int?) throws {
        let seen = Sick.reload.withFacts { $0.settings.migrateRequests = setting }
        let finding = try #require(self.finding(seen))
        #expect(finding.sysctls == [:] && finding.fixes.count == 1)
    }

    /// It may be there on a kernel that does not heed it.
    @Test func settingThatIsNotHeededIsNoFix() throws {
        let seen = Sick.reload.withDrops { $0.canMigrate = false }
        let finding = try #require(self.finding(seen))
        #expect(finding.sysctls == [:] && finding.value("tcp_migrate_req") == nil)
    }

    private func alone(isOpen: Bool, lost: UInt64 = 20, of accepts: UInt64 = 100) -> Observation {
        Fixture.healthy.withDrops { drops in
            let old = Fixture.listener(5432, inode: 801)
            drops.listeners[old] = Fixture.state(accepts: accepts)
            drops.listeners[old]?.accepted?.lostOnClose = lost
            drops.listeners[old]?.isClosed = true
            if isOpen { drops.listeners[Fixture.listener(5432, inode: 802)] = Fixture.state(accepts: 100) }
        }
    }

    @Test func restartHandsTheSocketOver() throws {
        let finding = try #require(self.finding(alone(isOpen: true)))
        #expect(finding.sysctls == [:] && finding.fixes[0].what.contains("across a reload"))
        #expect(finding.severity == .critical)
    }

    /// What any restart costs is no cause of anything; few of few are many.
    @Test(arguments: [(1, 100, false), (9, 900, false), (9, 30, true), (10, 10_000, true)])
    func fewAreNoAlarm(lost: UInt64, accepts: UInt64, isAlarm: Bool) throws {
        for isOpen in [false, true] {
            let finding = try #require(self.finding(alone(isOpen: isOpen, lost: lost, of: accepts)))
            #expect((finding.confidence == .certain) == isAlarm)
            #expect((finding.severity > .info) == isAlarm)
        }
    }

    /// It ends for good: its queue is the least of it.
    @Test func serviceThatEndsIsAWarning() throws {
        let finding = try #require(self.finding(alone(isOpen: false)))
        #expect(finding.severity == .warning && finding.summary.hasSuffix("nobody listens there now"))
    }

    @Test func endOfTheServiceIsTheCause() throws {
        let seen = alone(isOpen: false).withPorts {
            $0.connects[Fixture.key(to: 5432)] = Fixture.connects(100, failed: [111: 100])
        }.withDrops { $0.packets = [Fixture.packet("NO_SOCKET", port: 5432, at: "tcp_v4_rcv+0x9a"): 100] }
        let finding = try #require(self.finding(seen))
        #expect(finding.consequenceOf?.id == .noListener)
    }

    @Test func emptyQueuesAreNoLoss() {
        let seen = Fixture.healthy.withDrops { $0.listeners[Fixture.web]?.isClosed = true }
        #expect(finding(seen) == nil)
    }

    @Test func unseenQueuesAreNotExamined() {
        let report = Fixture.healthy.withDrops { $0.waitBackend = nil }.report
        #expect(report.notExamined[.queueLostOnClose] != nil)
    }
}
