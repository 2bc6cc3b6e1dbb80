// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Diagnosis

/// Accept queues and SYN queues.
@Suite struct QueueTests {
    /// Room for what the queue held and for a second of what it lost, as a power of two.
    @Test(arguments: [(500, 128), (5_000, 512), (100_000, 16384), (10_000_000, 65535)] as [(UInt64, Int)])
    func backlogIsComputedFromDrops(overflows: UInt64, value: Int) throws {
        let seen = Sick.overflow.withDrops {
            $0.listeners[Fixture.web] = Fixture.state(
                backlog: 10, somaxconn: 128, causes: [.acceptQueueFullAtSYN: overflows])
        }
        let finding = try #require(seen.report.findings[.acceptQueueOverflow])
        #expect(finding.directives["backlog"] == "\(value)")
        #expect(finding.sysctls["net.core.somaxconn"] == (value > 128 ? "\(value)" : nil))
        #expect(finding.value("listen_overflows_per_s") == Double(overflows) / 10)
    }

    /// What comes to nobody's socket has a fix for whoever owns it.
    @Test func backlogOfAnUnknownProgramIsListens() throws {
        let seen = Sick.overflow.withDrops {
            $0.owners[800] = [SocketOwner(pid: 7, command: "mine", descriptor: 3)]
        }
        let finding = try #require(seen.report.findings[.acceptQueueOverflow])
        #expect(finding.directives.isEmpty)
        #expect(finding.fixes.last?.command == "listen(fd, 128)")
    }

    /// A client that is reset fails; one that is ignored waits.
    @Test func resetConnectionsFail() throws {
        let seen = Sick.overflow.withDrops {
            $0.listeners[Fixture.web] = Fixture.state(causes: [
                .acceptQueueFullReset: 200, .acceptQueueFullAtSYN: 100,
            ])
        }
        let finding = try #require(seen.report.findings[.acceptQueueOverflow])
        #expect(finding.impact.failedPerSecond == 20 && finding.impact.delayedPerSecond == 10)
        #expect(finding.severity == .critical)
    }

    /// Little's law: five serve, 25 wait, 20 a second stay away for two seconds; a fifth more.
    @Test func childrenFollowLittlesLaw() throws {
        func rich(_ seen: Observation) -> Observation {
            var seen = seen
            seen.availableMemory = 64 << 30
            return seen
        }
        let alone = try #require(rich(Sick.workers).report.findings[.workersTooFew])
        #expect(alone.directives["pm.max_children"] == "40")
        let finding = try #require(rich(Sick.workersAndOverflow).report.findings[.workersTooFew])
        #expect(finding.directives["pm.max_children"] == "85")
        #expect(finding.value("accepts_per_s") == 50 && finding.value("mean_depth") == 25)
    }

    /// Half of 256 MiB holds four more workers of 32 MiB.
    @Test func childrenAreNoMoreThanMemoryHolds() throws {
        var seen = Sick.workers
        seen.availableMemory = 256 << 20
        let finding = try #require(seen.report.findings[.workersTooFew])
        #expect(finding.directives["pm.max_children"] == "9")
        #expect(finding.fixes.first?.risk.contains("128 MiB") == true)
    }

    @Test func hangingServerIsCritical() throws {
        var seen = Fixture.healthy.withDrops {
            $0.listeners[Fixture.pool] = Fixture.state(accepts: 0)
            $0.listeners[Fixture.pool]?.accepted = nil
        }
        seen.queueDepths[Fixture.pool] = Fixture.depths(8)
        let finding = try #require(seen.report.findings[.workersTooFew])
        #expect(finding.subject == .listener(Fixture.pool) && finding.confidence == .likely)
    }

    /// A queue that is empty at half of the looks is only too short.
    @Test func burstsAreNotTheOwnersFault() {
        #expect(Sick.overflow.report.findings[.workersTooFew] == nil)
    }

    @Test func waitsThatNobodyMeasuredAreNotExamined() {
        var seen = Fixture.healthy.withDrops {
            $0.waitBackend = nil
            for listener in $0.listeners.keys { $0.listeners[listener]?.accepted = nil }
        }
        seen.queueDepths = [:]
        #expect(seen.report.notExamined[.workersTooFew] == "how long connections wait is not measured here")
    }

    // MARK: SYN queues

    @Test func floodIsToldFromABurst() throws {
        let flood = Sick.flood.report.findings
        let cause = try #require(flood[.synFlood])
        #expect(cause.confidence == .certain && cause.severity == .critical)
        #expect(flood[.synQueueOverflow]?.consequenceOf == cause.reference)
        #expect(cause.sysctls["net.ipv4.tcp_syncookies"] == "1")
        #expect(cause.value("peers") == 200)
        #expect(Sick.burst.report.findings[.synFlood] == nil)
    }

    /// 1,000 of 10,000 SYNs in ten seconds: 16 and 100 more.
    @Test func burstNeedsRoom() throws {
        let finding = try #require(Sick.burst.report.findings[.synQueueOverflow])
        #expect(finding.severity == .critical && finding.confidence == .certain)
        #expect(finding.sysctls == ["net.core.somaxconn": "128", "net.ipv4.tcp_syncookies": "1"])
        // nginx asks for 511, if nobody told it to ask for less than somaxconn.
        #expect(finding.directives == ["backlog": "511"])
        #expect(finding.impact.delayedPerSecond == 100)
    }

    @Test func oneAttackerIsBlocked() throws {
        let seen = Sick.flood.withDrops {
            $0.listeners[Fixture.web]?.peers = [Fixture.remote: 49_000, Fixture.localhost: 9]
        }
        let finding = try #require(seen.report.findings[.synFlood])
        #expect(finding.fixes.contains { $0.command.contains("-s 192.0.2.7 -p tcp --dport 80 -j DROP") })
    }

    /// In the syntax of the firewall that is there.
    @Test func floodIsKeptOutByTheFirewallThatIsThere() throws {
        var firewall = Firewall()
        firewall.chains = [
            FirewallChain(
                FirewallTable(.inet, "filter"), "in", base: .init(.input, priority: 0, drops: false))
        ]
        let many = Sick.flood.withFacts { $0.firewall = firewall }
        #expect(
            many.report.findings[.synFlood]?.fixes.contains {
                $0.command.hasPrefix(
                    "nft 'insert rule inet filter in tcp dport 80 tcp flags & (fin|syn|rst|ack) == syn")
            } == true)
        let one = many.withDrops {
            $0.listeners[Fixture.web]?.peers = [Fixture.remote: 49_000, Fixture.localhost: 9]
        }
        #expect(
            one.report.findings[.synFlood]?.fixes.contains {
                $0.command == "nft insert rule inet filter in ip saddr 192.0.2.7 tcp dport 80 drop"
            } == true)
    }

    /// Cookies that come back are clients; those that do not are a flood.
    @Test(arguments: [(9_500, .synQueueOverflow), (50, .synFlood)] as [(UInt64, FindingID)])
    func cookiesTell(returned: UInt64, id: FindingID) throws {
        let seen = Fixture.healthy.withDrops {
            $0.listeners[Fixture.web] = Fixture.state(causes: [.synCookieSent: 10_000])
        }.withFacts {
            $0.counters.cookiesSent = 10_000
            $0.counters.cookiesReceived = returned
        }
        let finding = try #require(seen.report.findings.first)
        // A flood that cookies keep from harm is told, and is no cause.
        #expect(finding.id == id && finding.severity == (id == .synFlood ? .info : .warning))
        #expect(seen.report.causes.map(\.id) == (id == .synFlood ? [] : [id]))
        // Nobody waits for a cookie.
        #expect(finding.impact == Impact())
        #expect(finding.sysctls["net.ipv4.tcp_syncookies"] == nil)
    }

    /// Where every SYN gets a cookie, and where one in ten thousand does, nothing is wrong.
    @Test func cookiesAloneAreNoFault() {
        let few = Fixture.healthy.withDrops {
            $0.listeners[Fixture.web] = Fixture.state(causes: [.synCookieSent: 5])
        }
        #expect(few.sure == [])
        let always = Fixture.healthy.withDrops {
            $0.listeners[Fixture.web] = Fixture.state(causes: [.synCookieSent: 10_000])
        }.withFacts { $0.settings.syncookies = 2 }
        #expect(always.report.findings[.synQueueOverflow] == nil && always.report.findings[.synFlood] == nil)
    }

    /// With cookies for every SYN no queue is ever full: a flood shows by cookies that do not come back.
    @Test func floodShowsThoughEverySYNGetsACookie() throws {
        for byTracepoints in [false, true] {
            let sick = Fixture.healthy.withDrops {
                $0.listeners[Fixture.web] = Fixture.state(causes: [.synCookieSent: 50_000])
            }
            let seen = (byTracepoints ? sick.byTracepoints : sick).withFacts {
                $0.settings.syncookies = 2
                $0.counters.requestQueueFullCookies = 50_000
                $0.counters.cookiesSent = 50_000
                $0.counters.cookiesReceived = 100
            }
            let flood = try #require(seen.report.findings[.synFlood])
            #expect(flood.severity == .info && seen.report.causes.isEmpty)
            #expect(seen.report.findings[.synQueueOverflow] == nil)
        }
    }

    /// With cookies off the last quarter of the SYN queue is kept for known peers, and what is dropped for
    /// that counts in ListenDrops alone.
    @Test func floodThatCountsInListenDropsAloneIsAnOutage() throws {
        let seen = Fixture.healthy.byTracepoints.withFacts {
            $0.settings.syncookies = 0
            $0.counters.listenDrops = 22_259
            $0.counters.requestQueueFullDrops = 3
            $0.counters.passiveOpens = 20
        }
        #expect(seen.report.causes.map(\.id) == [.synFlood])
        let flood = try #require(seen.report.findings[.synFlood])
        #expect(flood.severity == .critical && flood.confidence == .likely)
        #expect(flood.sysctls["net.ipv4.tcp_syncookies"] == "1")
        #expect(
            flood.evidence[0].text.hasPrefix("22,259 SYNs were dropped, 22,256 of them for its last quarter"))
    }

    @Test func lastQuarterNeedsAnotherLimit() throws {
        let seen = Fixture.healthy.withDrops {
            $0.listeners[Fixture.web] = Fixture.state(causes: [.lastQuarter: 20_000])
        }.withFacts { $0.settings.syncookies = 0 }
        let finding = try #require(seen.report.findings[.synQueueOverflow])
        // (1024 + 2000) · 4/3
        #expect(finding.sysctls["net.ipv4.tcp_max_syn_backlog"] == "4096")
        #expect(finding.directives.isEmpty)
    }

    /// Handshakes that a full accept queue keeps from ending are no flood.
    @Test func fullAcceptQueueIsNoFlood() throws {
        let seen = Sick.workersAndOverflow.withDrops {
            $0.listeners[Fixture.pool] = Fixture.state(
                accepts: 500, wait: 500_000_000, backlog: 30,
                causes: [.acceptQueueFullAtACK: 3000, .synQueueFull: 10_000])
        }
        let findings = seen.report.findings
        #expect(findings[.synFlood] == nil)
        #expect(findings[.synQueueOverflow]?.consequenceOf?.id == .workersTooFew)
    }

    /// By the namespace's counters the fullest socket is named.
    @Test func tracepointsNameTheFullestSocket() throws {
        let seen = Fixture.healthy.byTracepoints.withFacts { $0.counters.requestQueueFullDrops = 1000 }
            .withDrops {
                $0.listeners[Fixture.web]?.queues?.synQueue = 400
            }
        let finding = try #require(seen.report.findings[.synQueueOverflow])
        #expect(finding.subject == .listener(Fixture.web) && finding.confidence == .likely)
    }
}
