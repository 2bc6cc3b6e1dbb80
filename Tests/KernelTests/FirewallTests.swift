// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// What drops packets of a service is named, and what is printed lets them through.
    @Suite struct FirewallTests {
        private static let input = "chain i { type filter hook input priority 0; "
        private static let output = "chain o { type filter hook output priority 0; "

        struct Case: CustomTestStringConvertible {
            var name: String
            var rules: String
            var isRejection: Bool
            /// What the summary says of where.
            var place: String
            /// How the command that mends it begins, behind what enters the namespace.
            var fix: String

            var testDescription: String { name }
        }

        private static let cases = [
            Case(
                name: "drop", rules: input + "tcp dport 7001 counter drop; }", isRejection: false,
                place: "chain i (hook input), table inet f", fix: "nft insert rule inet f i handle "),
            Case(
                name: "reject", rules: input + "tcp dport 7001 reject with tcp reset; }", isRejection: true,
                place: "chain i (hook input), table inet f", fix: "nft insert rule inet f i handle "),
            Case(
                name: "policy", rules: input + "policy drop; tcp sport 7001 accept; }", isRejection: false,
                place: "the policy of chain i (hook input), table inet f", fix: "nft add rule inet f i "),
            Case(
                name: "output", rules: output + "tcp sport 7001 drop; }", isRejection: false,
                place: "chain o (hook output), table inet f", fix: "nft insert rule inet f o handle "),
            Case(
                name: "chain",
                rules: "chain sub { tcp dport 7000-7010 drop; }; \(input) tcp dport 22 accept; jump sub; }",
                isRejection: false, place: "chain sub (by hook input), table inet f",
                fix: "nft insert rule inet f sub handle "),
        ]

        @Test(.onOneKernel, arguments: cases)
        func ruleIsNamedAndItsFixHelps(case: Case) throws {
            let namespace = try Namespace()
            try namespace.run("nft 'table inet f { \(`case`.rules); }'")
            let listener = try Load("-l -n 0 -i 600 127.0.0.1 7001", in: namespace)
            _ = try listener.result()
            let run = try DiagnosisRun.of(Lab.backends[0], in: namespace) {
                try Load.run("-q -n 60 127.0.0.1 7001", in: namespace)
            }
            let finding = try #require(run["firewall-drops"])
            #expect(finding.confidence == "likely" && finding.severity == "critical")
            #expect(finding.summary.contains(`case`.place), "\(finding.summary)")
            #expect(finding.summary.contains("rejects") == `case`.isRejection)
            #expect(finding.impact.failedPerS > 0 && finding.impact.delayedPerS == 0)
            // Of an answer that is dropped more are sent than SYNs came.
            let packets = try #require(finding.value("packets_dropped_per_s")) * run.summary.durationS
            #expect(Int(packets.rounded()) + run.summary.packetsMissed >= 60)
            let commands = finding.fix.compactMap(\.command)
            for command in commands { try Child.run(["sh", "-ec", command]) }
            #expect(commands.last?.contains(" \(`case`.fix)") == true, "\(commands)")
            #expect(try Load.run("-n 20 127.0.0.1 7001", in: namespace).succeeded == 20)
            try listener.end()
        }

        /// A list of addresses, a rule each: it is read in part, and that is said.
        @Test(.onOneKernel)
        func tooManyRulesAreNotReadAll() throws {
            let namespace = try Namespace()
            let rules = (0..<6000).map { "ip saddr 198.51.\($0 / 250).\($0 % 250) drop" }.joined(
                separator: "; ")
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("rules-\(getpid()).nft")
            defer { try? FileManager.default.removeItem(at: file) }
            try Data("table inet f { \(Self.input) \(rules); tcp dport 7001 drop; }; }\n".utf8).write(
                to: file)
            try namespace.run("nft -f \(file.path)")
            let listener = try Load("-l -n 0 -i 600 127.0.0.1 7001", in: namespace)
            _ = try listener.result()
            let run = try DiagnosisRun.of(Lab.backends[0], in: namespace) {
                try Load.run("-q -n 60 127.0.0.1 7001", in: namespace)
            }
            let finding = try #require(run["firewall-drops"])
            // Each of those that were read may be it, and so may others: none is named.
            #expect(finding.summary.hasSuffix("listens"))
            #expect(finding.fix.compactMap(\.command).allSatisfy { !$0.contains("insert") })
            #expect(finding.unsettled?.contains("too many rules to read") == true)
            try listener.end()
        }
    }
}
