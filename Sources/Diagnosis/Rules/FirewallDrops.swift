// SPDX-License-Identifier: Apache-2.0
import Model

/// Packets to a port that a local socket listens on are dropped by a rule: the firewall, a
/// filter, the reverse path filter, …
struct FirewallDrops: Rule {
    var ids: [FindingID] { [.firewallDrops] }

    /// Fewer are what every machine on the Internet sees: a rule that does what it is for.
    private let leastRate = 1.0
    /// Of what comes to the port: one in a hundred shows in the 99th percentile of response times.
    private let muchOfAll = 0.01

    func examine(_ seen: Observation) throws -> [Finding] {
        let drops = try seen.drops.get()
        return try ServiceDrops.all(seen).map { finding($0, drops, seen) }
    }

    /// Never certain: what a rule drops may be meant to be dropped.
    private func confidence(_ lost: ServiceDrops, _ drops: DropsInterval, _ seen: Observation) -> Confidence {
        guard seen.rate(lost.count) >= leastRate, lost.share >= muchOfAll else { return .possible }
        return isConntracks(lost, drops) ? .possible : .likely
    }

    /// Connection tracking drops in the firewall's name where its table is full: whether what was
    /// dropped in the namespace is explained by that.
    private func isConntracks(_ lost: ServiceDrops, _ drops: DropsInterval) -> Bool {
        guard lost.obstacle == .firewall, let full = drops.conntrack[lost.netns]?.full, full > 0 else {
            return false
        }
        let all = (drops.packets ?? [:]).reduce(0 as UInt64) { sum, packet in
            packet.key.netns == lost.netns && packet.key.kind == .drop && Obstacle(packet.key) == .firewall
                ? sum &+ packet.value : sum
        }
        // A tenth more, since the two are not read at one moment.
        return Double(all) <= Double(full) * 1.1
    }

    private func finding(_ lost: ServiceDrops, _ drops: DropsInterval, _ seen: Observation) -> Finding {
        let confidence = confidence(lost, drops, seen)
        let owner = seen.owner(of: lost.listener, in: drops)
        let keeper = ServiceKeeper(lost, seen)
        let hasService = owner.command.isEmpty ? "" : ", where \(owner.command) listens"
        return Finding(
            id: .firewallDrops,
            severity: confidence == .possible ? .info : lost.share >= 0.1 ? .critical : .warning,
            confidence: confidence, subject: lost.subject,
            subjectText: "port \(lost.port)\(owner.command.isEmpty ? "" : " \(owner.command)")",
            summary:
                "\(keeper.phrase) \(seen.rateText(lost.count)) packets a second \(keeper.direction) port "
                + "\(lost.port)\(hasService)\(keeper.rule)",
            evidence: [
                Evidence(
                    "packets_dropped_per_s", seen.rate(lost.count),
                    "\(Units.exact(lost.count)) packets \(keeper.direction) port \(lost.port) were "
                        + "\(keeper.isRejection ? "rejected" : "dropped"); "
                        + "\(Units.exact(lost.arrived)) connections came through", by: .traced(.tracepoint))
            ] + keeper.evidence,
            impact: impact(lost, keeper, seen), fixes: keeper.fixes,
            check: "tcpwhy drops -P \(lost.port) -d 10", unsettled: keeper.unsettled)
    }

    /// Whoever is rejected fails at once. What is dropped is sent again, a second later at first
    /// (`TCP_TIMEOUT_INIT`, include/net/tcp.h): in vain where nothing comes through.
    private func impact(_ lost: ServiceDrops, _ keeper: ServiceKeeper, _ seen: Observation) -> Impact {
        let rate = seen.rate(lost.count)
        if keeper.isRejection { return Impact(failed: rate, share: lost.share) }
        if lost.arrived == 0 { return Impact(failed: rate, share: lost.share, delay: 1_000_000_000) }
        return Impact(delayed: rate, share: lost.share, delay: 1_000_000_000)
    }
}

/// What helps against an obstacle that is no firewall.
struct ObstacleFixes {
    let lost: ServiceDrops
    let seen: Observation

    private var prefix: ShellCommand { seen.prefix(lost.netns) }

    func all() -> [Fix] {
        switch lost.obstacle {
        case .firewall: []
        case .filter: [findProgram()]
        case .reversePath: [loose()]
        case .signature: [findKey()]
        case .damage: [findDamage()]
        }
    }

    private func findProgram() -> Fix {
        Fix("find the program that drops", command: "\(prefix)bpftool net show; bpftool cgroup tree")
    }

    private func loose() -> Fix {
        Fix.sysctl(
            "accept packets from wherever there is any route back", "net.ipv4.conf.all.rp_filter", "2",
            in: lost.netns, seen, risk: "forged source addresses of other networks pass, too")
    }

    private func findKey() -> Fix {
        Fix(
            "compare keys and policies with the peer's",
            command: "\(prefix)ip xfrm policy; \(prefix)ss -tin 'sport = :\(lost.port)'")
    }

    private func findDamage() -> Fix {
        Fix(
            "look for a network card or a tunnel that damages packets",
            command: "\(prefix)nstat -az TcpInCsumErrors TcpInErrs IpInHdrErrors")
    }
}
