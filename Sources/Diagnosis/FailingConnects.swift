// SPDX-License-Identifier: Apache-2.0
import Model

/// Why connects failed.
enum ConnectFailure: Hashable {
    /// The call, or the socket afterwards, had this error.
    /// - isSent: a SYN went out, and this is what came of it; else the kernel failed it by itself.
    case error(Int32, isSent: Bool)
    /// The caller closed the socket before anything answered.
    case givenUp

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
    var isSilence: Bool { self == .givenUp || self == .error(ErrorNumber.timedOut, isSent: true) }
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
                if case .error(ErrorNumber.connectionRefused, _) = reason, isOurs(call.destination) {
                    continue
                }
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
        wentElsewhere &+= min(failed, calls.successesElsewhere(of: call))
    }

    /// How often each reason was it. EADDRNOTAVAIL has rules of its own.
    private static func reasons(_ stats: ConnectStats) -> [(ConnectFailure, UInt64)] {
        let others = stats.failed.filter {
            $0.key != ErrorNumber.addressNotAvailable && $0.value > 0
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
        ErrorNumber.connectionRefused, ErrorNumber.timedOut, ErrorNumber.connectionReset,
    ]
}

extension ConnectStats {
    /// EADDRNOTAVAIL before a port was looked for: there is no source address to the destination.
    var withoutSource: UInt64 {
        let failed = failed[ErrorNumber.addressNotAvailable] ?? 0
        return min(failed.minus(withoutPort &+ tupleTaken), unsent)
    }
}
