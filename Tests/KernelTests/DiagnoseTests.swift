// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// One sickness at a time, made on purpose: its finding comes first, with the true numbers.
    @Suite struct DiagnoseTests {
        private static let ids: Set<String> = [
            "conntrack-table-full", "accept-queue-overflow", "syn-queue-overflow", "syn-flood",
            "workers-too-few", "ephemeral-ports-exhausted", "port-search-expensive", "bind-search-expensive",
            "time-wait-limit", "tcp-memory-pressure", "firewall-drops", "no-listener", "retransmits",
            "cpu-saturated", "elsewhere", "connects-failing", "four-tuple-taken",
            "source-address-unavailable", "listener-elsewhere", "owner-stopped", "accept-fails",
            "accept-stalls", "cpu-throttled", "not-served", "unix-socket-backlog", "qdisc-drops",
            "queue-lost-on-close",
        ]

        /// An idle namespace has no finding, and each that there could be is accounted for.
        @Test(arguments: Lab.backends)
        func idleIsHealthy(backend: Backend) throws {
            let namespace = try Namespace()
            let run = try DiagnosisRun.of(backend, in: namespace) { usleep(1_500_000) }
            #expect(run.findings.map(\.id) == [])
            let told = run.summary.examined + run.summary.notExamined.map(\.id)
            #expect(told.count == Self.ids.count && Set(told) == Self.ids)
            #expect(run.summary.remarks.contains { $0.hasPrefix("no connection was opened or accepted") })
        }

        /// A container that ends takes its counters with it: that is said, and no command is
        /// printed that would run somewhere else.
        @Test(.onOneKernel, arguments: Lab.backends)
        func namespaceThatGoesAwayIsTold(backend: Backend) throws {
            let namespace = try Namespace()
            let inode = namespace.inode
            let run = try DiagnosisRun.of(backend, in: namespace) {
                try namespace.set("ipv4/ip_local_port_range", "20000 20009")
                let listener = try Load("-l -w -n 0 -i 600 127.0.0.1 7001", in: namespace)
                _ = try listener.result()
                let holder = try Load("-k -n 10 -i 600 127.0.0.1 7001", in: namespace)
                _ = try holder.result()
                try Load.run("-n 20 127.0.0.1 7001", in: namespace)
                usleep(2_200_000)
                try holder.end()
                try listener.end()
                try namespace.end()
            }
            #expect(run.summary.remarks.contains { $0.contains("went away meanwhile") })
            let cause = try #require(run["ephemeral-ports-exhausted"])
            let commands = cause.fix.compactMap(\.command).filter { $0.contains("sysctl") }
            #expect(!commands.isEmpty)
            #expect(
                commands.allSatisfy {
                    $0.hasPrefix("nsenter --net=<network namespace \(inode), which is gone>")
                })
        }

        /// A server that accepts at once what comes is not to blame for anything.
        @Test(.onOneKernel, arguments: Lab.backends)
        func quickServerIsHealthy(backend: Backend) throws {
            let namespace = try Namespace()
            let load = try Load("-s -n 1500 -a 127.0.0.1 7001", in: namespace)
            var succeeded = 0
            let run = try DiagnosisRun.of(backend, in: namespace) {
                load.go()
                succeeded = try load.result().succeeded
            }
            #expect(succeeded == 1500)
            #expect(run.sure.map(\.summary) == [])
        }

        /// Nobody accepts, the queue is full: the server is behind, the overflow follows from it.
        @Test(arguments: Lab.backends)
        func hangingServerIsTheCauseOfItsOverflow(backend: Backend) throws {
            let namespace = try Namespace()
            try namespace.sendNoCookies()
            let listener = try Load("-L -n 0 -B 7 -i 600 127.0.0.1 7001", in: namespace)
            _ = try listener.result()
            try namespace.fillAcceptQueue("127.0.0.1", 7001, 8)
            let before = try namespace.counter("TcpExt", "ListenOverflows")
            let run = try DiagnosisRun.of(backend, in: namespace) {
                usleep(2_200_000)
                try Load.run("-q -n 40 127.0.0.1 7001", in: namespace)
                usleep(1_200_000)
            }
            let overflows = try namespace.counter("TcpExt", "ListenOverflows") - before
            let cause = try #require(run.findings.first)
            #expect(cause.id == "accept-stalls" && cause.severity == "critical")
            #expect(cause.subject.hasPrefix("127.0.0.1:7001") && cause.summary.contains("asleep"))
            let overflow = try #require(run["accept-queue-overflow"])
            #expect(overflow.consequenceOf == "accept-stalls")
            #expect(overflow.value("backlog") == 7)
            let counted = try #require(overflow.value("listen_overflows_per_s")) * run.summary.durationS
            #expect(Int(counted.rounded()) == overflows && overflows >= 40)
            #expect(overflow.netns == namespace.inode)
            try listener.end()
        }

        /// Ten ports and no more: the connects that find none are counted exactly. An even number:
        /// of an odd one the kernel leaves another port untried in each search
        /// (`__inet_hash_connect`: `remaining &= ~1U`).
        @Test(arguments: Lab.backends)
        func exhaustedPortsAreNamed(backend: Backend) throws {
            let namespace = try Namespace()
            try namespace.setPorts(20000, 20009)
            let listener = try Load("-l -w -n 0 -i 600 127.0.0.1 7001", in: namespace)
            _ = try listener.result()
            let holder = try Load("-k -n 10 -i 600 127.0.0.1 7001", in: namespace)
            _ = try holder.result()
            var load: Load.Result!
            let run = try DiagnosisRun.of(backend, in: namespace) {
                load = try Load.run("-n 50 127.0.0.1 7001", in: namespace)
                usleep(2_200_000)
            }
            #expect(load.failed == ["EADDRNOTAVAIL": 50])
            let cause = try #require(run.findings.first { $0.id == "ephemeral-ports-exhausted" })
            #expect(cause.severity == "critical" && cause.confidence == "certain")
            let failed = try #require(cause.value("eaddrnotavail_per_s")) * run.summary.durationS
            #expect(Int(failed.rounded()) == 50)
            #expect(cause.value("port_range_size") == 10)
            let range = try #require(cause.fix.compactMap(\.sysctl).first)
            #expect(range.name == "net.ipv4.ip_local_port_range")
            try holder.end()
            try listener.end()
        }

        /// Connects fail in five ways, and each has a name of its own, with its exact count. None of
        /// them lacked a port.
        @Test(arguments: Lab.backends)
        func everyFailureHasItsCause(backend: Backend) throws {
            let namespace = try Namespace()
            try namespace.set("ipv6/conf/all/disable_ipv6", "1")
            let listener = try Load("-l -n 0 -i 600 127.0.0.1 7001", in: namespace)
            _ = try listener.result()
            let holder = try Load("-k -p 21000 -n 50 -i 600 127.0.0.1 7001", in: namespace)
            _ = try holder.result()
            let causes = [
                (
                    "four-tuple-taken", "-p 21000 -n 50 127.0.0.1 7001", "EADDRNOTAVAIL",
                    "four_tuple_taken_per_s"
                ),
                ("source-address-unavailable", "-n 50 ::1 7002", "EADDRNOTAVAIL", "source_unavailable_per_s"),
                ("no-listener", "-n 60 127.0.0.1 7003", "ECONNREFUSED", "econnrefused_per_s"),
                ("listener-elsewhere", "-n 70 127.0.0.2 7001", "ECONNREFUSED", "econnrefused_per_s"),
                ("connects-failing", "-n 80 192.0.2.1 7004", "ENETUNREACH", "failed_per_s"),
            ]
            var made: [Load.Result] = []
            let run = try DiagnosisRun.of(backend, in: namespace) {
                for (_, load, _, _) in causes { made.append(try Load.run(load, in: namespace)) }
            }
            #expect(Set(run.sure.map(\.id)) == Set(causes.map(\.0)))
            for ((id, _, error, evidence), load) in zip(causes, made) {
                #expect(load.failed == [error: load.connects], "\(id)")
                let cause = try #require(run[id])
                #expect(cause.confidence == "certain", "\(id)")
                let counted = try #require(cause.value(evidence)) * run.summary.durationS
                #expect(Int(counted.rounded()) == load.connects, "\(id)")
            }
            // The SYNs that found no socket, by address: where the kernel says why it drops (5.17).
            if let syns = run["listener-elsewhere"]?.value("no_socket_per_s") {
                #expect(Int((syns * run.summary.durationS).rounded()) == 70)
            }
            try holder.end()
            try listener.end()
        }

        /// Who does not answer is named: the destination of connects, the service whose clients are silent. As
        /// many were sent again as the kernel counts.
        @Test func whoDoesNotAnswerIsNamed() throws {
            let namespace = try Namespace()
            try namespace.addDeadNetwork()
            // Once more after 1 s, and then no more; since 6.5 (ccce324dabfe) some go first that do not count.
            try? namespace.set("ipv4/tcp_syn_linear_timeouts", "0")
            try namespace.set("ipv4/tcp_syn_retries", "1")
            try namespace.set("ipv4/tcp_synack_retries", "1")
            let listener = try Load("-L -n 0 -i 600 10.99.0.1 7002", in: namespace)
            _ = try listener.result()
            let connects = try sentAgain(20, in: namespace) {
                try Load("-u -t 20 -n 20 10.99.0.2 7001", in: namespace)
            }
            #expect(connects.summary.hasSuffix("10.99.0.2:7001 does not answer"))
            let accepts = try sentAgain(30, in: namespace) {
                try Load("-c -y 10.99.0.3 -n 30 -i 600 10.99.0.1 7002", in: namespace)
            }
            #expect(accepts.summary.contains("clients of 10.99.0.1:7002 do not answer"))
            try listener.end()
        }

        /// What is said of a load that has the kernel send so many segments again.
        private func sentAgain(
            _ count: Int, in namespace: Namespace, _ load: () throws -> Load
        ) throws -> DiagnosisRun.Finding {
            let before = try namespace.counter("TcpExt", "TCPSynRetrans")
            var running: Load?
            let run = try DiagnosisRun.of(Lab.backends[0], in: namespace) {
                running = try load()
                let isSent = try Lab.wait {
                    try namespace.counter("TcpExt", "TCPSynRetrans") >= before + count
                }
                #expect(isSent)
            }
            try running?.end()
            #expect(try namespace.counter("TcpExt", "TCPSynRetrans") == before + count)
            let finding = try #require(run["retransmits"])
            let rate = try #require(finding.value("most_resent_per_s"))
            #expect(Int((rate * run.summary.durationS).rounded()) == count)
            return finding
        }

        /// Nine ports in ten in TIME_WAIT, not to be taken over: the search is the cause, and what
        /// is printed mends it.
        @Test(arguments: Lab.backends)
        func longSearchesAreMendedByTheFix(backend: Backend) throws {
            let namespace = try Namespace()
            try namespace.setPorts(20000, 20999)
            try namespace.set("ipv4/tcp_tw_reuse", "0")
            try namespace.keepTimeWait()
            let listener = try Load("-l -w -n 0 -i 600 127.0.0.1 7001", in: namespace)
            _ = try listener.result()
            try Load.run("-w -t 4 -n 900 127.0.0.1 7001", in: namespace)
            _ = try namespace.quietSockets(towards: "127.0.0.1", in: 20000...20999)
            let sick = try searches(backend, in: namespace)
            let cause = try #require(sick.sure.first)
            #expect(cause.id == "port-search-expensive" && cause.consequenceOf == nil)
            let tried = try #require(cause.value("ports_tried_mean"))
            #expect(tried > 250)
            let fix = try #require(cause.fix.first?.sysctl)
            #expect(fix.name == "net.ipv4.tcp_tw_reuse" && fix.value == "1")
            try namespace.set("ipv4/tcp_tw_reuse", fix.value)
            usleep(2_100_000)  // younger ones are not taken over
            let mended = try searches(backend, in: namespace)
            #expect(mended.sure.map(\.summary) == [])
            try listener.end()
        }

        private func searches(_ backend: Backend, in namespace: Namespace) throws -> DiagnosisRun {
            try DiagnosisRun.of(backend, in: namespace) {
                try Load.run("-n 100 127.0.0.1 7001", in: namespace)
                usleep(2_200_000)
            }
        }

        /// Whoever ends in mid-run is told of all the same.
        @Test(.onOneKernel)
        func loadAndServerMayEndInMidRun() throws {
            let namespace = try Namespace()
            let run = try DiagnosisRun.of(Lab.backends[0], in: namespace) {
                let listener = try Load("-L -n 0 -B 3 -i 600 127.0.0.1 7001", in: namespace)
                _ = try listener.result()
                try Load.run("-q -n 30 127.0.0.1 7001", in: namespace)
                try listener.end()
                usleep(1_200_000)
            }
            #expect(run.summary.findings == run.findings.count)
        }
    }
}
