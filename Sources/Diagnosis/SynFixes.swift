// SPDX-License-Identifier: Apache-2.0
import Model

/// What helps a SYN queue that is full.
struct SynFixes {
    let queue: SynQueue
    let seen: Observation

    private var settings: NetworkSettings? { seen.namespaces[queue.netns]?.settings }

    /// Of the clients that lost connections, the one that lost most. `nil`: none is known. Of many
    /// only the most frequent are known by name: its share is of all that was lost.
    static func mostFrequent(_ state: ListenerState) -> (address: IPAddress, share: Double)? {
        let known = state.peers.values.reduce(0) { $0 &+ $1 }
        let all = max(known, state.drops?.listenDrops ?? 0)
        guard all > 0, let most = state.peers.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else {
            return nil
        }
        return (most.key, Double(most.value) / Double(all))
    }

    /// Cookies first; then its one source, or less for each.
    func againstFlood() -> [Fix] {
        [cookies(), block() ?? limit()].compactMap(\.self)
    }

    /// Longer queues, and cookies for what finds them full all the same.
    func againstBurst() -> [Fix] {
        [longerByLimit(), cookies()].compactMap(\.self) + longerByBacklog()
    }

    /// `nil`: they are on.
    private func cookies() -> Fix? {
        guard queue.dropped > 0, settings?.syncookies == 0 else { return nil }
        return Fix.sysctl(
            "answer with a SYN cookie where the SYN queue is full, instead of dropping",
            "net.ipv4.tcp_syncookies",
            "1", in: queue.netns, seen,
            risk:
                "a connection made by a cookie has no window scaling and no SACK if its client sends no timestamps"
        )
    }

    /// The one client that most of it comes from. `nil`: there are many, or none is known.
    private func block() -> Fix? {
        guard let socket = queue.socket, let most = Self.mostFrequent(socket.state), most.share >= 0.9
        else {
            return nil
        }
        let port = socket.listener.port
        let isIPv6 = most.address.family == .ipv6
        let rule: ShellCommand =
            input(most.address.family).map {
                "nft insert rule \($0.chain) \(isIPv6 ? "ip6" : "ip") saddr \(most.address) tcp dport \(port) drop"
            }
            ?? "\(isIPv6 ? "ip6tables" : "iptables") -I INPUT -s \(most.address) -p tcp --dport \(port) -j DROP"
        return Fix(
            "drop what \(most.address) sends to port \(port)",
            command: seen.prefix(queue.netns) + rule,
            lasting: "in the firewall's configuration",
            risk: "a proxy's or a NAT's address stands for many clients")
    }

    /// As many SYNs as clients that mean it send, and twice that for bursts.
    private func limit() -> Fix {
        let port = queue.socket?.listener.port
        let rate = PowerOfTwo.atLeast(max(queue.rate(queue.completed, seen) * 2, 100), most: 1 << 16)
        return Fix(
            "let no more than \(rate) SYNs a second pass from one network of 256 addresses, or have the flood "
                + "filtered before it comes here",
            command: seen.prefix(queue.netns) + limitRule(port, rate),
            lasting: "in the firewall's configuration",
            risk: "clients of a network that shares the attacker's wait, too")
    }

    private func limitRule(_ port: UInt16?, _ rate: Int) -> ShellCommand {
        guard let input = input(.ipv4) else {
            let match: ShellCommand = port.map { " --dport \($0)" } ?? ""
            return "iptables -I INPUT -p tcp --syn\(match) -m hashlimit "
                + "--hashlimit-name syn --hashlimit-mode srcip --hashlimit-srcmask 24 --hashlimit-above "
                + "\(rate)/second -j DROP"
        }
        let match: ShellCommand = port.map { "tcp dport \($0) " } ?? ""
        let flood: ShellCommand =
            "tcp flags & (fin|syn|rst|ack) == syn meter syn { ip saddr and 255.255.255.0 limit rate over "
            + "\(rate)/second } drop"
        return "nft 'insert rule \(input.chain) \(match)\(flood)'"
    }

    private func input(_ family: AddressFamily) -> FirewallInput? {
        FirewallInput(seen.namespaces[queue.netns]?.firewall, for: family)
    }

    /// Room for what was dropped in a second, and a third more: the last quarter is kept for
    /// clients that are known.
    var neededLimit: Int {
        let now = Double(settings?.maxSynBacklog ?? 0)
        return PowerOfTwo.atLeast(
            max((now + queue.rate(queue.lastQuarter, seen)) * 4 / 3, now * 2, 128), most: 1 << 20)
    }

    /// `nil`: that limit is not the one that was met.
    private func longerByLimit() -> Fix? {
        guard queue.lastQuarter > 0 else { return nil }
        return Fix.sysctl(
            "let \(neededLimit) connections be half open", "net.ipv4.tcp_max_syn_backlog", "\(neededLimit)",
            in: queue.netns, seen, risk: "about 300 bytes of the kernel's memory for each")
    }

    /// Room for what the queue holds and for a second of what found it full.
    var neededBacklog: Int {
        let limit = Double(queue.socket?.state.queues?.backlog ?? 0)
        let more = queue.rate(queue.met &- min(queue.lastQuarter, queue.met), seen)
        return PowerOfTwo.atLeast(max(limit + more, limit * 2, 128), most: 65535)
    }

    private func longerByBacklog() -> [Fix] {
        guard let socket = queue.socket, let owner = queue.owner, queue.met > queue.lastQuarter else {
            return []
        }
        return BacklogFixes.longer(neededBacklog, socket.listener, socket.state, owner, seen)
    }
}
