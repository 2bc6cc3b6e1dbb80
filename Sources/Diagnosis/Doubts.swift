// SPDX-License-Identifier: Apache-2.0
import Model

/// What was lost or failed in a run, whatever rules make of it: while there is any, nobody may say
/// that nothing was.
enum Doubts {
    static func of(_ seen: Observation) -> [Evidence] {
        connects(seen) + listeners(seen) + packets(seen) + queues(seen)
    }

    private static func connects(_ seen: Observation) -> [Evidence] {
        guard let calls = try? Calls.of(seen), case .seen(let ports) = seen.ports else {
            return attempts(seen)
        }
        let all = calls.byDestination.values.reduce(into: ConnectStats()) { $0.merge($1) }
        var evidence: [Evidence] = []
        if all.failures > 0 {
            let names = all.failed.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.prefix(3)
                .map { "\(ErrorName.name($0.key)) \(Units.exact($0.value))" }
            evidence.append(
                Evidence(
                    "connects_failed_per_s", seen.rate(all.failures),
                    "\(Units.exact(all.failures)) of \(Units.exact(all.connects)) connects failed ("
                        + names.joined(separator: ", ") + ")", by: .traced(ports.backend)))
        }
        if all.abandoned > 0 {
            evidence.append(
                Evidence(
                    "connects_given_up_per_s", seen.rate(all.abandoned),
                    "\(Units.exact(all.abandoned)) connects were closed before an answer",
                    by: .traced(ports.backend)))
        }
        return evidence
    }

    /// Where connects are not traced.
    private static func attempts(_ seen: Observation) -> [Evidence] {
        let failed = seen.namespaces.values.reduce(0 as UInt64) { $0 &+ $1.counters.attemptFails }
        guard failed > 0 else { return [] }
        return [
            Evidence(
                "attempt_fails_per_s", seen.rate(failed, in: nil), "\(Units.exact(failed)) handshakes failed",
                by: .counter, counter: "AttemptFails")
        ]
    }

    private static func listeners(_ seen: Observation) -> [Evidence] {
        guard case .seen(let drops) = seen.drops, drops.counters.listenDrops > 0 else { return [] }
        let lost = drops.counters.listenDrops
        return [
            Evidence(
                "listen_drops_per_s", seen.rate(lost),
                "\(Units.exact(lost)) connections were lost at listening sockets",
                by: .counter, counter: "ListenDrops")
        ]
    }

    private static func packets(_ seen: Observation) -> [Evidence] {
        let lost = ((try? ServiceDrops.all(seen)) ?? []).reduce(0 as UInt64) { $0 &+ $1.count }
        guard lost > 0 else { return [] }
        return [
            Evidence(
                "service_packets_dropped_per_s", seen.rate(lost),
                "\(Units.exact(lost)) packets to local services were dropped", by: .traced(.tracepoint))
        ]
    }

    private static func queues(_ seen: Observation) -> [Evidence] {
        let lost = QueueDrops.all(seen).reduce(0 as UInt64) { $0 &+ $1.count }
        guard lost > 0 else { return [] }
        return [
            Evidence(
                "qdisc_drops_per_s", seen.rate(lost, in: nil),
                "\(Units.exact(lost)) packets were dropped by queueing disciplines", by: .counter,
                counter: QueueDrops.counter)
        ]
    }
}
