// SPDX-License-Identifier: Apache-2.0
import Model

/// Why connects failed.
enum ConnectFailure: Hashable {
    /// The call, or the socket afterwards, had this error.
    /// - isSent: a SYN went out, and this is what came of it; else the kernel failed it by itself.
    case error(Int32, isSent: Bool)
    /// The caller closed the socket before anything answered.
    case givenUp

    static let permission: Int32 = 1
    static let access: Int32 = 13
    static let networkDown: Int32 = 100
    static let networkUnreachable: Int32 = 101
    static let connectionReset: Int32 = 104
    static let timedOut: Int32 = 110
    static let refused: Int32 = 111
    static let hostUnreachable: Int32 = 113
    /// Of the connects that come to a route with a source address: see `SourceAddressUnavailable`.
    static let addressNotAvailable: Int32 = 99

    /// "ECONNREFUSED", "given up".
    var name: String {
        switch self {
        case .error(let number, _): ErrorName.name(number)
        case .givenUp: "given up"
        }
    }

    /// Whether something answered the SYN (`tcp_reset`, `tcp_v4_err`).
    var isAnswer: Bool {
        if case .error(_, isSent: true) = self { !isSilence } else { false }
    }

    /// Whether nobody answered.
    var isSilence: Bool { self == .givenUp || self == .error(Self.timedOut, isSent: true) }
}

/// Connects of the processes of one name that failed for one reason.
struct FailingConnects {
    let netns: UInt32
    let command: String
    let reason: ConnectFailure
    /// Those that most failed to first.
    private(set) var destinations: [(destination: Destination, failed: UInt64)] = []
    private(set) var count: UInt64 = 0
    /// All connects to these destinations.
    private(set) var tried: UInt64 = 0
    /// All connects of the command, wherever to.
    private(set) var all: UInt64 = 0
    /// Of these, those that failed or were given up for any reason.
    private(set) var allFailed: UInt64 = 0
    /// Of what failed, how much went well at another address of the other family, at the same port:
    /// clients that try all addresses of a name, one after the other or at once.
    private(set) var wentElsewhere: UInt64 = 0

    /// Of the connects to these destinations, 0 to 1.
    var share: Double { Double(count) / Double(max(tried, 1)) }
    /// Of all that the command connects to, 0 to 1.
    var shareOfAll: Double { Double(count) / Double(max(all, 1)) }
    /// Whether what failed was only the first attempt.
    var isFallback: Bool { wentElsewhere >= count }

    /// Those of a run, the most first. What another rule is about is not among them.
    /// - Parameter isOurs: whether this machine itself refuses a connection to there.
    static func all(
        _ seen: Observation, isOurs: (Destination) -> Bool
    ) throws(NotExamined) -> [FailingConnects] {
        let calls = try Calls.of(seen)
        var found: [Key: FailingConnects] = [:]
        for (call, stats) in calls.byDestination {
            for (reason, count) in reasons(stats) {
                if case .error(ConnectFailure.refused, _) = reason, isOurs(call.destination) { continue }
                let key = Key(netns: call.destination.netns, command: call.command, reason: reason)
                let none = FailingConnects(netns: key.netns, command: call.command, reason: reason)
                found[key, default: none].add(call, stats, count, calls)
            }
        }
        return found.values.map(\.sorted).sorted {
            ($0.count, $1.command, $1.netns, $1.reason.name) > (
                $1.count, $0.command, $0.netns, $0.reason.name
            )
        }
    }

    private struct Key: Hashable {
        let netns: UInt32
        let command: String
        let reason: ConnectFailure
    }

    private var sorted: FailingConnects {
        var result = self
        result.destinations.sort {
            ($0.failed, $1.destination.port, $1.destination.address)
                > ($1.failed, $0.destination.port, $0.destination.address)
        }
        return result
    }

    private mutating func add(_ call: Calls.Call, _ stats: ConnectStats, _ failed: UInt64, _ calls: Calls) {
        destinations.append((call.destination, failed))
        count &+= failed
        tried &+= stats.connects
        (all, allFailed) = (calls.all(of: call), calls.failures(of: call))
        wentElsewhere &+= min(failed, calls.successes(of: call, besides: call.destination.address.family))
    }

    /// How often each reason was it. EADDRNOTAVAIL has rules of its own.
    private static func reasons(_ stats: ConnectStats) -> [(ConnectFailure, UInt64)] {
        let others = stats.failed.filter {
            $0.key != ConnectFailure.addressNotAvailable && $0.value > 0
        }
        let local = others.filter { !answers.contains($0.key) }
        // Of EADDRNOTAVAIL those without a source address are unsent, too.
        let unsent = stats.unsent.minus(stats.withoutSource)
        let isUnsent = unsent > 0 && unsent &* 2 >= local.values.reduce(0, &+)
        var reasons = others.map { number, count in
            (ConnectFailure.error(number, isSent: answers.contains(number) || !isUnsent), count)
        }
        if stats.abandoned > 0 { reasons.append((.givenUp, stats.abandoned)) }
        return reasons
    }

    /// Errors that only an answer brings, or its absence.
    private static let answers: Set<Int32> = [
        ConnectFailure.refused, ConnectFailure.timedOut, ConnectFailure.connectionReset,
    ]
}

extension ConnectStats {
    /// EADDRNOTAVAIL before a port was looked for: there is no source address to the destination.
    var withoutSource: UInt64 {
        let failed = failed[ConnectFailure.addressNotAvailable] ?? 0
        return min(failed.minus(withoutPort &+ tupleTaken), unsent)
    }
}

/// All connects of a run by who called, and where to.
struct Calls {
    struct Call: Hashable {
        let destination: Destination
        let command: String
    }

    private struct Service: Hashable {
        let netns: UInt32
        let command: String
        let port: UInt16
        let family: AddressFamily
    }

    private(set) var byDestination: [Call: ConnectStats] = [:]
    private var successes: [Service: UInt64] = [:]
    private var connects: [String: UInt64] = [:]
    private var failures: [String: UInt64] = [:]

    static func of(_ seen: Observation) throws(NotExamined) -> Calls {
        var calls = Calls()
        for (key, stats) in try seen.ports.get().connects where key.kind == .connect && !key.isOverflow {
            guard let address = key.destination else { continue }
            let call = Call(
                destination: Destination(netns: key.netns, address: address, port: key.port),
                command: key.command.text)
            calls.byDestination[call, default: ConnectStats()].merge(stats)
            let service = Service(
                netns: key.netns, command: call.command, port: key.port, family: address.unmapped.family)
            calls.successes[service, default: 0] &+= stats.connects.minus(stats.failures &+ stats.abandoned)
            calls.connects[call.command, default: 0] &+= stats.connects
            calls.failures[call.command, default: 0] &+= stats.failures &+ stats.abandoned
        }
        return calls
    }

    /// All connects of the caller.
    func all(of call: Call) -> UInt64 { connects[call.command] ?? 0 }

    /// Those of the caller that failed or were given up.
    func failures(of call: Call) -> UInt64 { failures[call.command] ?? 0 }

    /// Connects of the caller to the port that went well over the other family.
    func successes(of call: Call, besides family: AddressFamily) -> UInt64 {
        let other: AddressFamily = family == .ipv4 ? .ipv6 : .ipv4
        return successes[
            Service(
                netns: call.destination.netns, command: call.command, port: call.destination.port,
                family: other)] ?? 0
    }
}
