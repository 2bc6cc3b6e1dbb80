// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// What the host drops of what it sends.
    @Suite struct SendingTests {
        private struct Qdisc: Decodable {
            var kind: String
            var drops: Int
        }

        private func drops(_ namespace: Namespace) throws -> Int {
            let tc = try Child(namespace.enter(["tc", "-s", "-j", "qdisc", "show", "dev", "lo"]))
            try tc.wait()
            let qdiscs = try JSONDecoder().decode([Qdisc].self, from: tc.output)
            return try #require(qdiscs.first { $0.kind == "tbf" }).drops
        }

        /// What waits in the queue is answered with ICMP errors, some of which are dropped, too.
        private func dropsAtRest(_ namespace: Namespace) throws -> Int {
            var last = try drops(namespace)
            let rests = try Lab.wait {
                usleep(300_000)
                let now = try drops(namespace)
                defer { last = now }
                return now == last
            }
            guard rests else { throw TestFailure("the queue does not come to rest") }
            return last
        }

        /// The same interface of the kernel on each of them; guests have neither tc nor its modules.
        @Test(.enabled(if: Lab.isNative, "guests have no tc"), arguments: Lab.anyBackend)
        func qdiscDropsAreThoseOfTC(backend: Backend) throws {
            let namespace = try Namespace()
            try namespace.run(
                "ip link set lo mtu 1500; tc qdisc add dev lo root handle 7: tbf rate 256kbit burst 1600 limit 3000"
            )
            // Counted before the run, and none of it.
            try Load.run("-g -n 300 127.0.0.1 7001", in: namespace)
            let before = try dropsAtRest(namespace)
            #expect(before > 0)
            let run = try DiagnosisRun.of(backend, in: namespace) {
                try Load.run("-g -n 3000 127.0.0.1 7001", in: namespace)
                _ = try dropsAtRest(namespace)
            }
            let finding = try #require(run["qdisc-drops"])
            let lost = try drops(namespace) - before
            let missed = run.summary.packetsMissed
            Lab.figure(
                "\(backend.rawValue), tbf: \(lost) packets dropped by tc, \(missed) missed, \(finding.summary)"
            )
            #expect(lost > 1000)
            #expect(finding.count("qdisc_drops_per_s") == lost)
            #expect(finding.confidence == "certain" && finding.subject.hasPrefix("lo tbf 7:"))
            let traced = try #require(finding.count("packets_dropped_per_s"))
            #expect((lost - missed...lost).contains(traced))
            let command = try #require(finding.fix.first?.command)
            #expect(
                command.contains(
                    "tc qdisc change dev lo root handle 7: tbf rate 256000bit burst 1600 limit 6000"))
            // It is as tc wants it.
            try Child.run(["sh", "-ec", command])
        }
    }
}
