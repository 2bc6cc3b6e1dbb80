// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Diagnosis

/// nginx's port 80 is dropped by what each test puts into the firewall.
@Suite struct FirewallTests {
    private static let table = FirewallTable(.inet, "f")
    private static let filter = FirewallTable(.ip, "filter")

    private func input(
        _ drops: Bool = false, priority: Int32 = 0, _ table: FirewallTable = table
    ) -> FirewallChain {
        FirewallChain(table, "i", base: .init(.input, priority: priority, drops: drops))
    }

    private func rule(
        _ verdict: FirewallRule.Verdict, _ port: UInt16? = nil, handle: UInt64 = 5, in chain: String = "i",
        _ table: FirewallTable = table
    ) -> FirewallRule {
        FirewallRule(
            table, chain, handle: handle, position: Int(handle) - 2, verdict,
            destination: port.map { PortMatch([$0...$0]) } ?? .any)
    }

    private func firewall(_ chains: [FirewallChain], _ rules: [FirewallRule]) -> Firewall {
        var firewall = Firewall()
        firewall.chains = chains
        firewall.rules = rules
        return firewall
    }

    private func seen(_ firewall: Firewall, arrived: UInt64 = 0) -> Observation {
        Sick.firewall.withDrops { $0.listeners[Fixture.web] = Fixture.state(accepts: arrived) }
            .withFacts { $0.firewall = firewall }
    }

    private func finding(_ firewall: Firewall, arrived: UInt64 = 0) throws -> Finding {
        try #require(seen(firewall, arrived: arrived).report.findings[.firewallDrops])
    }

    private func commands(_ chains: [FirewallChain], _ rules: [FirewallRule]) throws -> [String] {
        try finding(firewall(chains, rules)).fixes.map(\.command)
    }

    // MARK: What it costs

    @Test func rejectionFailsAndIsNoDelay() throws {
        let finding = try finding(firewall([input()], [rule(.reject(.reset), 80)]), arrived: 5000)
        #expect(
            finding.summary.hasPrefix("the firewall rejects (by a reset) 200 packets a second to port 80"))
        #expect(finding.impact == Impact(failed: 200, share: 2000.0 / 7000))
        #expect(finding.confidence == .likely)
    }

    @Test func dropOfEveryPacketFails() throws {
        let all = try finding(firewall([input()], [rule(.drop, 80)]))
        #expect(all.impact.failedPerSecond == 200 && all.impact.delayedPerSecond == 0)
        let part = try finding(firewall([input()], [rule(.drop, 80)]), arrived: 5000)
        #expect(part.impact.failedPerSecond == 0 && part.impact.delayedPerSecond == 200)
        #expect(part.impact.delay == 1_000_000_000)
    }

    // MARK: Which rule

    @Test func ruleIsNamedAndAcceptGoesBeforeIt() throws {
        let finding = try finding(firewall([input()], [rule(.drop, 80)]))
        #expect(finding.summary.hasSuffix(": rule with handle 5, chain i (hook input), table inet f"))
        #expect(finding.value("firewall_rule_handle") == 5)
        #expect(
            finding.fixes.map(\.command)
                == ["nft -a list chain inet f i", "nft insert rule inet f i handle 5 tcp dport 80 accept"])
    }

    @Test func policyIsNamedWhereNoRuleAccepts() throws {
        let chains = [input(true)]
        let finding = try finding(firewall(chains, [rule(.accept, 22)]))
        #expect(finding.summary.contains(": the policy of chain i (hook input), table inet f"))
        #expect(finding.fixes.last?.command == "nft add rule inet f i tcp dport 80 accept")
        // It lets the port through: something else drops.
        let open = try self.finding(firewall(chains, [rule(.accept, 80)]))
        #expect(open.fixes.map(\.command) == ["nft -a list ruleset"] && !open.summary.contains("policy"))
    }

    @Test func rulesForOthersAreNotNamed() throws {
        var counted = rule(.drop, 80)
        counted.packets = 0
        var source = rule(.drop)
        source.family = .ipv6
        let others = [
            rule(.drop, 8080), counted, source, rule(.accept, handle: 9), rule(.drop, 80, handle: 10),
        ]
        let finding = try finding(firewall([input()], others))
        #expect(finding.fixes.map(\.command) == ["nft -a list ruleset"])
        #expect(finding.unsettled.contains("connection tracking"))
    }

    @Test func ruleThatTakesSomeIsOnlyPerhapsTheOne() throws {
        var some = rule(.drop, 80)
        some.hasOtherConditions = true
        let finding = try finding(firewall([input()], [some, rule(.map, handle: 6)]))
        #expect(finding.summary.contains(": perhaps rule with handle 5"))
        #expect(finding.unsettled.hasPrefix("whether one of 2 rules did"))
    }

    /// One of many that ask for addresses: none is named.
    @Test func noneOfManyIsNamed() throws {
        let rules = (5...7).map { (handle: UInt64) in
            var some = rule(.drop, handle: handle)
            some.hasOtherConditions = true
            return some
        }
        let finding = try finding(firewall([input()], rules))
        #expect(
            finding.summary.hasSuffix("nginx listens")
                && finding.unsettled.hasPrefix("whether one of 3 rules"))
        #expect(finding.fixes.map(\.command) == ["nft -a list ruleset"])
    }

    @Test func chainsAreFollowed() throws {
        let jump = rule(.jump("sub"), handle: 4)
        let rules = [jump, rule(.back, 22, handle: 6, in: "sub"), rule(.drop, 80, handle: 7, in: "sub")]
        let chains = [input(), FirewallChain(Self.table, "sub")]
        let command = try commands(chains, rules).last
        #expect(command == "nft insert rule inet f sub handle 7 tcp dport 80 accept")
        // In circles, as no kernel has them, and along very many ways.
        let circle = (0..<40).flatMap { chain in
            (0..<3).map { rule(.jump("c\((chain + $0 + 1) % 40)"), handle: UInt64($0) + 4, in: "c\(chain)") }
        }
        _ = try commands(chains, [rule(.jump("c0"), handle: 4)] + circle)
    }

    /// What one base chain accepts the next one drops all the same.
    @Test func everyBaseChainIsTold() throws {
        let raw = FirewallChain(Self.table, "r", base: .init(.prerouting, priority: -300, drops: false))
        let rules = [rule(.drop, 80), rule(.drop, handle: 8, in: "r")]
        #expect(
            try commands([input(), raw], rules).last
                == "nft insert rule inet f r handle 8 tcp dport 80 accept && "
                + "nft insert rule inet f i handle 5 tcp dport 80 accept")
    }

    @Test func answersAreTheSourcePorts() throws {
        let output = FirewallChain(Self.table, "o", base: .init(.output, priority: 0, drops: false))
        var answer = rule(.drop, in: "o")
        answer.source = PortMatch([80...80])
        let finding = try finding(firewall([output], [answer]))
        #expect(finding.summary.contains("packets a second from port 80"))
        #expect(finding.summary.hasSuffix("chain o (hook output), table inet f"))
        #expect(finding.fixes.last?.command == "nft insert rule inet f o handle 5 tcp sport 80 accept")
    }

    /// A firewall for IPv6 alone drops nothing of a service on 0.0.0.0.
    @Test func otherFamilyIsLeftOut() throws {
        let six = FirewallTable(.ip6, "filter")
        let finding = try finding(firewall([input(true, six)], []))
        #expect(finding.fixes.map(\.command) == ["nft -a list ruleset"])
    }

    // MARK: Whose syntax

    @Test func iptablesRulesAreNamedByTheirPlace() throws {
        let chain = FirewallChain(Self.filter, "INPUT", base: .init(.input, priority: 0, drops: false))
        let rules = [rule(.drop, 80, in: "INPUT", Self.filter)]
        #expect(
            try commands([chain], rules) == [
                "iptables -nvxL INPUT --line-numbers", "iptables -I INPUT 3 -p tcp --dport 80 -j ACCEPT",
            ])
        var native = firewall([chain], rules)
        native.nativeTables = [Self.filter]
        #expect(
            try finding(native).fixes.last?.command
                == "nft insert rule ip filter INPUT handle 5 tcp dport 80 accept")
    }

    @Test func legacyRulesAreListedOnly() throws {
        var legacy = Firewall()
        legacy.legacyFamilies = [.ipv4]
        let finding = try finding(legacy)
        #expect(finding.fixes.map(\.command) == ["iptables-legacy -nvxL --line-numbers"])
        #expect(finding.unsettled.contains("iptables-legacy"))
    }

    /// Names are whoever's: none becomes a command.
    @Test func strangeNamesAreNotTyped() throws {
        let table = FirewallTable(.inet, "f; reboot")
        let chain = FirewallChain(table, "i", base: .init(.input, priority: 0, drops: false))
        #expect(try commands([chain], [rule(.drop, 80, table)]) == ["nft -a list ruleset"])
    }

    /// Rules that were not read may accept before.
    @Test func tooManyRulesMakeNothingSure() throws {
        var cut = firewall([input()], [rule(.drop, 80)])
        cut.isCut = true
        #expect(try finding(cut).summary.contains("perhaps"))
        cut.rules = []
        #expect(try finding(cut).unsettled.contains("too many rules"))
    }

    // MARK: On the way

    /// A container's host keeps packets from going on to the container's service.
    @Test func forwardedPacketsAreTheServicesToo() throws {
        let forward = FirewallChain(Self.table, "w", base: .init(.forward, priority: 0, drops: true))
        var seen = seen(firewall([forward], []))
        seen.namespaces[Fixture.blue] = Fixture.facts(prefix: "ip netns exec blue ")
        seen = seen.withDrops {
            $0.listeners = [Fixture.listener(8080, netns: Fixture.blue, inode: 8): Fixture.state(accepts: 0)]
            $0.packets = [Fixture.packet("NETFILTER_DROP", port: 8080): 2000]
        }
        let finding = try #require(seen.report.findings[.firewallDrops])
        #expect(finding.subject == .port(8080, netns: Fixture.netns))
        #expect(finding.summary.hasSuffix("the policy of chain w (hook forward), table inet f"))
        #expect(finding.fixes.last?.command == "nft add rule inet f w tcp dport 8080 accept")
        let open = seen.withFacts { $0.firewall = Firewall() }
        #expect(open.report.findings[.firewallDrops] == nil)
    }

    /// Clients on this host: what they send does not leave it.
    @Test func ownConnectsAreKeptIn() throws {
        let output = FirewallChain(Self.table, "o", base: .init(.output, priority: 0, drops: false))
        let seen = Fixture.healthy.withPorts {
            $0.connects[Fixture.key("app", to: 5432, at: Fixture.remote)] = Fixture.connects(
                500, failed: [110: 500])
            $0.connects[Fixture.key("web", to: 9000)] = Fixture.connects(500, failed: [111: 500])
        }.withDrops {
            $0.refused = [:]
            $0.packets = [Fixture.packet("NETFILTER_DROP", port: 40_000): 4000]
        }.withFacts {
            $0.firewall = firewall(
                [output], [rule(.drop, 5432, in: "o"), rule(.reject(.reset), 9000, handle: 6, in: "o")])
        }
        let findings = seen.report.findings.filter { $0.id == .connectsFailing }
        #expect(findings.count == 2)
        for finding in findings { #expect(finding.summary.contains("this host's own firewall")) }
        #expect(
            Set(findings.compactMap(\.fixes.last?.command)) == [
                "nft insert rule inet f o handle 5 tcp dport 5432 accept",
                "nft insert rule inet f o handle 6 tcp dport 9000 accept",
            ])
    }

    // MARK: Connection tracking

    @Test func loopbackClientsAreLeftOutInOutput() throws {
        let fix = try #require(Sick.conntrack.report.findings[.conntrackTableFull]?.fixes.last)
        #expect(fix.command.contains("add rule inet untracked output oif lo tcp dport 80 notrack"))
        let chain = FirewallChain(Self.filter, "INPUT", base: .init(.input, priority: 0, drops: false))
        let old = Sick.conntrack.withFacts { $0.firewall = firewall([chain], []) }
        let other = try #require(old.report.findings[.conntrackTableFull]?.fixes.last)
        #expect(other.command.hasSuffix("iptables -t raw -A OUTPUT -o lo -p tcp --dport 80 -j CT --notrack"))
    }
}
