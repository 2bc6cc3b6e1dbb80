// SPDX-License-Identifier: Apache-2.0
import Model

/// What helps against the drops of a queueing discipline.
struct QdiscFixes {
    let drops: QueueDrops
    let seen: Observation

    private var qdisc: Qdisc { drops.qdisc }
    private var prefix: ShellCommand { seen.prefix(drops.netns) }

    func all() -> [Fix] {
        switch drops.reason {
        case .full: [room(), less()]
        case .tooLarge: [bucket(), less()]
        case .early: [less()]
        case .told: [end()]
        }
    }

    /// `nil`: its name is not known.
    private var device: String? { qdisc.link?.name }

    /// " dev eth0"; of no known name all of them.
    private var ofDevice: ShellCommand { device.map { " dev \($0)" } ?? "" }

    /// "tc qdisc change dev eth0 root handle 8001: tbf": what its settings follow. `nil`: it cannot be
    /// changed like that.
    private var change: ShellCommand? {
        guard let device else { return nil }
        let handle = qdisc.id.handle >> 16
        guard handle != 0 else {
            // What the kernel put there by itself is no more to tc than an empty place
            // (tc_modify_qdisc, net/sched/sch_api.c), and below mq it has no number to name its place by.
            return qdisc.id.parent == Qdisc.root
                ? "\(prefix)tc qdisc replace dev \(device) root \(qdisc.kind)" : nil
        }
        return "\(prefix)tc qdisc change dev \(device) \(place) handle \(hex(handle)): \(qdisc.kind)"
    }

    private var place: ShellCommand {
        let parent = qdisc.id.parent
        return parent == Qdisc.root ? "root" : "parent \(hex(parent >> 16)):\(hex(parent & 0xffff))"
    }

    private func hex(_ number: UInt32) -> String { String(number, radix: 16) }

    private static let lasting = "where the interface is set up (a unit's ExecStartPost, ifupdown's post-up)"

    // MARK: A full queue

    private func room() -> Fix {
        switch qdisc.kind {
        case "pfifo_fast": longerInterfaceQueue() ?? look()
        case "tbf": longerBucketQueue() ?? look()
        case "pfifo", "pfifo_head_drop", "bfifo", "sfq", "fq_codel", "codel", "netem": longerQueue() ?? look()
        default: look()
        }
    }

    /// Settings of others are not known here.
    private func look() -> Fix {
        Fix(
            "give the queue of \(drops.name) on \(drops.interface) more room",
            command: "\(prefix)tc -s -d qdisc show\(ofDevice)",
            lasting: "see tc-\(qdisc.kind)(8) for its limits",
            risk: "what waits longer arrives later")
    }

    private func longerInterfaceQueue() -> Fix? {
        guard let device, let link = qdisc.link, link.queueLength > 0, link.queueLength <= 1 << 20 else {
            return nil
        }
        return Fix(
            "let \(link.queueLength * 2) packets wait instead of \(link.queueLength)",
            command: "\(prefix)ip link set dev \(device) txqueuelen \(link.queueLength * 2)",
            lasting: Self.lasting, risk: "what waits longer arrives later")
    }

    private func longerQueue() -> Fix? {
        // netem's and sfq's other settings are lost by a change that does not repeat them.
        guard let change, let limit = qdisc.settings.limit, limit > 0, limit <= 1 << 30,
            qdisc.kind != "netem"
        else { return nil }
        let unit = qdisc.kind == "bfifo" ? "bytes" : "packets"
        return Fix(
            "let \(Units.exact(UInt64(limit) * 2)) \(unit) wait instead of \(Units.exact(UInt64(limit)))",
            command: "\(change) limit \(limit * 2)", lasting: Self.lasting,
            risk: "what waits longer arrives later")
    }

    // MARK: tbf

    /// Of 20 kB at 20 Mbit/s with one download 30 % are dropped, of 50 ms (125 kB) 15 %, of 100 ms none.
    private static let seconds = 0.1

    private func longerBucketQueue() -> Fix? {
        guard let limit = qdisc.settings.limit, let rate = qdisc.settings.rate,
            let burst = qdisc.settings.burst
        else { return nil }
        let longer = max(UInt64(limit) * 2, UInt64(Double(rate) * Self.seconds))
        return tokenBucket(
            "let \(Units.bytes(longer)) wait instead of \(Units.bytes(UInt64(limit)))", rate, burst, longer)
    }

    /// A bucket and a queue for two of the largest packets.
    private func bucket() -> Fix {
        let settings = qdisc.settings
        guard let rate = settings.rate, let burst = settings.burst, let limit = settings.limit,
            let largest = drops.largest
        else { return look() }
        let needed = UInt64(PowerOfTwo.atLeast(Double(largest * 2), most: 1 << 30))
        return tokenBucket(
            "make room for packets of \(Units.exact(largest)) bytes, the largest that \(drops.interface) is given",
            rate, max(burst, needed), max(UInt64(limit), needed)) ?? look()
    }

    /// tbf takes all of its settings at once.
    private func tokenBucket(_ what: String, _ rate: UInt64, _ burst: UInt64, _ limit: UInt64) -> Fix? {
        guard let change, !qdisc.settings.hasMore, rate > 0, limit <= UInt64(UInt32.max) else { return nil }
        let wait = UInt64(Double(limit) / Double(rate) * 1e9)
        return Fix(
            what, command: "\(change) rate \(rate * 8)bit burst \(burst) limit \(limit)",
            lasting: Self.lasting,
            risk: "a packet waits up to \(Units.duration(wait)) at that rate")
    }

    // MARK: Others

    private func less() -> Fix {
        let rate = qdisc.settings.rate.map { " (\(Units.bytes($0)) a second)" } ?? ""
        return Fix(
            "a longer queue only evens out bursts: if \(drops.interface) is sent more than it may carry\(rate) all "
                + "the time, raise its rate, or send less",
            command: "\(prefix)tc -s qdisc show\(ofDevice)")
    }

    private func end() -> Fix {
        Fix(
            "netem imitates a bad network: take it away if nobody tests with it",
            command: device.map { "\(prefix)tc qdisc del dev \($0) \(place)" } ?? "",
            risk: "its delay and rate are gone, too")
    }
}
