// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Diagnosis

/// Who holds a socket, and why connections wait in front of it.
@Suite struct OwnerTests {
    /// A single process behind: 25 wait at nginx all the time, for half a second.
    private static func behind(_ looks: WaitingLooks? = nil) -> Observation {
        var seen = Fixture.healthy.withDrops {
            $0.listeners[Fixture.web] = Fixture.state(accepts: 500, wait: 500_000_000)
        }
        seen.queueDepths[Fixture.web] = Fixture.depths(25)
        seen.waitingLooks[80] = looks
        return seen
    }

    private static var full: Seen<HotspotsInterval> {
        .seen(Fixture.hotspots(Fixture.cpu(user: 90, system: 9), Fixture.cpu(user: 88, system: 11)))
    }

    /// What keeps a pool from accepting is not the number of its workers.
    @Test func moreWorkersAreNoCureForWhatStopsAll() throws {
        let stopped = (91...95 as ClosedRange<UInt32>).reduce(Sick.workersAndOverflow) { seen, pid in
            seen.withProcess(pid) { $0.scheduling?.state = .stopped }
        }
        let throttled = Sick.workersAndOverflow.withProcess(91) { $0.scheduling?.quotas = [Sick.quota()] }
        let failing = Sick.workersAndOverflow.withDrops {
            $0.acceptFailures = [
                AcceptFailure(pid: 92, command: "php-fpm8.2", netns: Fixture.netns, error: 23): 50
            ]
        }
        let cases: [(FindingID, Observation)] = [
            (.ownerStopped, stopped), (.cpuThrottled, throttled), (.acceptFails, failing),
        ]
        for (id, seen) in cases {
            let findings = seen.report.findings
            #expect(findings.first?.id == id)
            #expect(findings[.workersTooFew] == nil)
            #expect(findings[.acceptQueueOverflow]?.consequenceOf?.id == id)
            #expect(findings.allSatisfy { $0.directives["pm.max_children"] == nil })
        }
    }

    @Test func stoppedProcessesAreNamedWithTheirCure() throws {
        let finding = try #require(Sick.stopped.report.findings.first)
        #expect(
            finding.id == .ownerStopped && finding.severity == .critical && finding.confidence == .certain)
        #expect(finding.fixes.map(\.command) == ["kill -CONT 80"])
        // What waits counts, though nothing is accepted.
        #expect(finding.impact.delayedPerSecond == 300)
    }

    /// kill does not thaw.
    @Test(arguments: [
        ("/sys/fs/cgroup/system.slice/nginx.service", false, "systemctl thaw nginx.service"),
        ("/sys/fs/cgroup/freezer/zoo", true, "echo THAWED > /sys/fs/cgroup/freezer/zoo/freezer.state"),
        ("/sys/fs/cgroup/it's", false, "echo 0 > '/sys/fs/cgroup/it'\\''s/cgroup.freeze'"),
        ("/sys/fs/cgroup/docker-0123456789abcdef.scope", false, "docker unpause 0123456789ab"),
    ])
    func frozenCgroupsAreThawed(directory: String, isVersion1: Bool, command: String) throws {
        let seen = Sick.stopped.withProcess(80) {
            $0.scheduling?.state = .sleeping
            $0.scheduling?.frozen = FrozenCgroup(directory: directory, isVersion1: isVersion1)
        }
        #expect(seen.report.findings.first?.fixes.map(\.command) == [command])
    }

    /// It runs again at the end, and was stopped whenever somebody looked.
    @Test func whoWasStoppedIsTold() throws {
        var seen = Sick.stopped.withProcess(80) { $0.scheduling?.state = .sleeping }
        seen.waitingLooks[80] = .only(.stopped)
        let finding = try #require(seen.report.findings.first)
        #expect(finding.id == .ownerStopped && finding.summary.contains("was stopped"))
        #expect(finding.fixes.map(\.command) == [""] && seen.report.findings[.workersTooFew] == nil)
    }

    /// Some of several are stopped: the rest goes on, and that is no outage.
    @Test func oneOfManyStoppedIsAWarning() throws {
        let seen = Fixture.healthy.withProcess(93) { $0.scheduling?.state = .stopped }
        let finding = try #require(seen.report.findings[.ownerStopped])
        #expect(finding.severity == .warning && finding.summary.hasSuffix("4 others run"))
    }

    @Test func descriptorLimitIsRaisedAboveTodays() throws {
        let finding = try #require(Sick.noDescriptors.report.findings.first)
        #expect(finding.id == .acceptFails && finding.confidence == .certain && finding.severity == .critical)
        #expect(finding.value("accept_failures_per_s") == 20 && finding.value("open_file_limit") == 1024)
        let fix = try #require(finding.fixes.first)
        #expect(fix.command == "prlimit --pid 80 --nofile=4096:4096")
        #expect(
            fix.lasting.contains("worker_rlimit_nofile 4096;") && fix.lasting.contains("LimitNOFILE=4096"))
    }

    /// A server that closes its socket gets EBADF and EINVAL: its own doing.
    @Test(arguments: [9, 22, 88] as [Int32])
    func closingIsNoShortage(error: Int32) {
        let seen = Fixture.healthy.withDrops {
            $0.acceptFailures = [
                AcceptFailure(pid: 80, command: "nginx", netns: Fixture.netns, error: error): 200
            ]
        }
        #expect(seen.report.findings[.acceptFails] == nil)
    }

    @Test func acceptsThatNobodyTracesAreNotExamined() {
        let report = Fixture.healthy.withDrops { $0.acceptFailures = nil }.report
        #expect(report.notExamined[.acceptFails] != nil && report.examined.contains(.ownerStopped))
    }

    @Test(arguments: [
        (
            "/sys/fs/cgroup/system.slice/nginx.service", false,
            "systemctl set-property nginx.service CPUQuota=95%"
        ),
        ("/sys/fs/cgroup/zoo", false, "echo '95000 100000' > /sys/fs/cgroup/zoo/cpu.max"),
        ("/sys/fs/cgroup/cpu/zoo", true, "echo 95000 > /sys/fs/cgroup/cpu/zoo/cpu.cfs_quota_us"),
        ("/sys/fs/cgroup/docker/0123456789abcdef", false, "docker update --cpus 0.95 0123456789ab"),
        ("/sys/fs/cgroup/kubepods.slice/kubepods-pod1.slice", false, "resources.limits.cpu: 950m"),
    ])
    func quotaIsRaisedWhereItIsSet(directory: String, isVersion1: Bool, command: String) throws {
        let seen = Fixture.healthy.withProcess(80) {
            $0.scheduling?.quotas = [Sick.quota(directory, isVersion1: isVersion1)]
        }
        let finding = try #require(seen.report.findings.first)
        #expect(
            finding.id == .cpuThrottled && finding.severity == .critical && finding.confidence == .certain)
        // 5 % and the 0.9 s of each second in which it was halted.
        #expect(finding.fixes.map(\.command) == [command])
        #expect(finding.value("throttled_share") == 0.95)
    }

    /// A burst now and then is what quotas are for.
    @Test func seldomThrottledIsHealthy() {
        var quota = Sick.quota()
        quota.throttled = 4
        let seen = Fixture.healthy.withProcess(80) { $0.scheduling?.quotas = [quota] }
        #expect(seen.report.findings[.cpuThrottled] == nil)
    }

    /// Where no CPU is idle, more workers take turns.
    @Test func fullCPUsAreTheCause() throws {
        var seen = Sick.workers
        seen.hotspots = Self.full
        for pid: UInt32 in 91...95 { seen.waitingLooks[pid] = .only(.running) }
        let findings = seen.report.findings
        #expect(findings.first?.id == .cpuSaturated && findings[.workersTooFew] == nil)
        #expect(findings.first?.summary.contains("php-fpm8.2") == true)
        // Somebody else's work does not make sleeping workers more.
        for pid: UInt32 in 91...95 { seen.waitingLooks[pid] = .only(.asleep("sk_wait_data")) }
        #expect(seen.sure == [.workersTooFew])
    }

    /// A loop that sleeps in the middle is blocked, whatever its median.
    @Test func blockedLoopIsAStall() throws {
        let seen = Self.behind(.only(.asleep("hrtimer_nanosleep")))
        let finding = try #require(seen.report.findings.first)
        #expect(
            finding.id == .acceptStalls && finding.severity == .critical && finding.confidence == .certain)
        #expect(finding.summary.contains("asleep in hrtimer_nanosleep (a sleep of its own)"))
        #expect(finding.fixes.first?.command == "strace -f -T -p 80")
        #expect(seen.report.findings[.workersTooFew] == nil)
    }

    /// Its one thread takes a whole CPU while the other has time.
    @Test func busyLoopIsNamedAsBusy() throws {
        let seen = Self.behind(.only(.running)).withProcess(80) {
            $0.scheduling = Fixture.scheduling(.running, busy: 0.97)
        }
        var idle = seen
        idle.hotspots = .seen(Fixture.hotspots(Fixture.cpu(user: 97), Fixture.cpu(user: 5)))
        let finding = try #require(idle.report.findings.first)
        #expect(finding.id == .workersTooFew && finding.summary.contains("97% of a CPU"))
        #expect(finding.fixes.first?.command == "tcpwhy profile -p 80 -d 10 --svg busy.svg")
    }

    /// It waits for events, and does not take what is there: at a limit of its own.
    @Test func readyLoopIsAtItsOwnLimit() throws {
        let finding = try #require(Self.behind(.only(.ready)).report.findings.first)
        #expect(finding.id == .workersTooFew && finding.summary.contains("a limit of its own"))
        #expect(finding.fixes.first?.what.contains("worker_connections") == true)
    }

    /// One look alone says nothing of what it does.
    @Test func oneLookIsNone() {
        let finding = Self.behind(.only(.asleep("hrtimer_nanosleep"), times: 1)).report.findings.first
        #expect(finding?.id == .workersTooFew)
    }

    // MARK: Stalls

    /// Two in a hundred wait half a second: a median of 20 µs hides them.
    @Test func stallsDoNotHideBehindTheMedian() throws {
        let finding = try #require(Sick.stalls.report.findings.first)
        #expect(finding.id == .acceptStalls && finding.severity == .warning)
        #expect(finding.value("long_waits_per_s") == 20 && finding.impact.delayedPerSecond == 20)
        #expect(finding.summary.contains("200 waited 100ms and more"))
    }

    /// A few, and waits that are all alike, are no stalls.
    @Test func alikeWaitsAreNoStall() {
        let few = Fixture.healthy.withDrops {
            $0.listeners[Fixture.web]?.accepted?.wait.record(500_000_000, count: 9)
        }
        #expect(few.report.findings[.acceptStalls] == nil)
        #expect(Self.behind().report.findings[.acceptStalls] == nil)
        #expect(Sick.workers.report.findings[.acceptStalls] == nil)
    }

    /// A pool in which each connection takes a worker is full for a moment in every burst.
    @Test func burstsOfAPoolAreNoStall() {
        func waits(_ count: UInt64) -> Observation {
            Fixture.healthy.withDrops {
                $0.listeners[Fixture.pool]?.accepted?.wait.record(250_000_000, count: count)
            }
        }
        #expect(waits(300).report.findings[.acceptStalls] == nil)
        #expect(waits(2000).report.findings[.acceptStalls]?.confidence == .possible)
    }

    /// Where no CPU is idle, whoever sleeps may wait for others that do not come to run.
    @Test func stallsWithoutACPUArePossibilities() {
        func seen(_ observation: Observation) -> Finding? {
            var seen = observation
            seen.hotspots = Self.full
            return seen.report.findings[.acceptStalls]
        }
        var asleep = Sick.stalls
        asleep.waitingLooks[80] = .only(.asleep("wait_woken"))
        #expect(asleep.report.findings[.acceptStalls]?.confidence == .certain)
        #expect(seen(asleep)?.confidence == .possible)
        #expect(seen(Self.behind(.only(.asleep("hrtimer_nanosleep"))))?.confidence == .possible)
    }

    // MARK: Accepts that tracepoints do not see

    /// The kernel counts 10,000 that came about; no call accepted any of them.
    @Test func otherWaysToAcceptAreNoHang() {
        var seen = Fixture.healthy.withDrops {
            $0.listeners = [Fixture.web: Fixture.state(accepts: 0, backlog: 65535)]
        }.byTracepoints
        seen.queueDepths[Fixture.web] = Fixture.depths(12)
        #expect(seen.sure == [])
        #expect(seen.report.remarks.contains { $0.contains("io_uring") })
        // A queue that is always full is one all the same.
        seen = seen.withDrops { $0.listeners[Fixture.web]?.queues?.backlog = 511 }
        seen.queueDepths[Fixture.web] = Fixture.depths(512)
        #expect(seen.sure == [.workersTooFew])
        #expect(seen.report.findings.first?.summary.contains("accepts nothing") == false)
    }

    @Test func hungServerIsNoOtherWay() {
        var seen = Fixture.healthy.withDrops {
            $0.listeners = [Fixture.web: Fixture.state(accepts: 0)]
        }.withFacts { $0.counters.passiveOpens = 400 }.byTracepoints
        seen.queueDepths[Fixture.web] = Fixture.depths(400)
        #expect(seen.sure == [.workersTooFew])
        #expect(seen.report.remarks == [])
    }

    // MARK: Accepted, and then

    @Test func unreadConnectionsAreNotServed() throws {
        let finding = try #require(Sick.notServed.report.findings.first)
        #expect(finding.id == .notServed && finding.severity == .critical && finding.confidence == .likely)
        #expect(finding.value("unread_connections") == 285 && finding.value("close_wait") == 240)
        #expect(finding.check.text.hasSuffix("sport = :80"))
    }

    /// Where no CPU is idle, it may just not have come to reading them.
    @Test func unreadWithoutACPUIsAPossibility() throws {
        var seen = Sick.notServed
        let full = Fixture.cpu(user: 80, system: 20)
        seen.hotspots = .seen(Fixture.hotspots(full, full))
        let finding = try #require(seen.report.findings[.notServed])
        #expect(finding.severity == .info && finding.confidence == .possible)
        #expect(finding.unsettled.contains("idle"))
    }

    /// Read to the end, and never closed.
    @Test func connectionsLeftOpenAreALeak() throws {
        let seen = Fixture.healthy.withDrops {
            var sockets = ServedSockets()
            sockets.closedByClient = 100
            sockets.leftOpen = 100
            $0.served = [Fixture.web: sockets]
        }
        let finding = try #require(seen.report.findings.first)
        #expect(finding.id == .notServed && finding.severity == .warning)
        #expect(finding.summary.contains("does not close 100 connections"))
    }

    /// A few of thousands stopped in the middle.
    @Test func fewUnreadAreHealthy() {
        let seen = Fixture.healthy.withDrops {
            var sockets = ServedSockets()
            sockets.established = 10_000
            sockets.unread = 30
            $0.served = [Fixture.web: sockets]
        }
        #expect(seen.report.findings[.notServed] == nil)
    }

    // MARK: Unix sockets

    @Test func fullUnixSocketIsNamedWithBothEnds() throws {
        let finding = try #require(Sick.fullUnixSocket.report.findings.first)
        #expect(finding.id == .unixSocketBacklog && finding.confidence == .certain)
        #expect(finding.impact.failedPerSecond == 100 && finding.value("backlog") == 511)
        #expect(finding.subjectText == "nginx to /run/php/php8.2-fpm.sock (php-fpm8.2)")
        #expect(finding.fixes.last?.command == "listen.backlog = 1024")
        // net.core.somaxconn is 4096 there.
        #expect(finding.sysctls.isEmpty)
        let low = Sick.fullUnixSocket.withFacts { $0.settings.somaxconn = 511 }
        #expect(low.report.findings.first?.sysctls["net.core.somaxconn"] == "1024")
    }

    @Test func unixSocketOfNobodyKnownHasNoValue() throws {
        var seen = Sick.fullUnixSocket
        seen.unixListeners = []
        let finding = try #require(seen.report.findings.first)
        #expect(finding.fixes.map(\.command) == [""] && finding.value("backlog") == nil)
    }
}
