// SPDX-License-Identifier: Apache-2.0
import Model

/// Nothing is wrong in TCP: where the time goes instead, so that the reader looks there.
enum Elsewhere {
    /// The same findings, and one more if they hold no likely cause though there is traffic.
    static func judge(_ seen: Observation, beside findings: [Finding]) -> [Finding] {
        guard !findings.contains(where: { $0.confidence > .possible && $0.severity > .info }), seen.opens > 0,
            case .seen(let hotspots) = seen.hotspots
        else { return findings }
        return findings + [finding(seen, hotspots)]
    }

    private static func finding(_ seen: Observation, _ hotspots: HotspotsInterval) -> Finding {
        let functions = hotspots.counts.functions.sorted {
            ($0.value.own, $1.key.text) > ($1.value.own, $0.key.text)
        }
        .prefix(5)
        let busy = hotspots.busyShare
        let doubts = Doubts.of(seen)
        let samples = hotspots.counts.samples
        return Finding(
            id: .elsewhere, severity: .info, confidence: .possible, subject: .host, subjectText: "this host",
            summary: (doubts.isEmpty
                ? "nothing that was examined loses or delays connections here"
                : "no likely cause was found for what failed here")
                + " (\(seen.rateText(seen.opens, in: nil)) new connections a second); the CPUs are "
                + (busy.map { "\(Units.percent($0)) busy" } ?? "busy to an unknown degree"),
            evidence: doubts
                + functions.compactMap { function, count in
                    hotspots.share(count.own).map {
                        Evidence(
                            "cpu_share", $0,
                            "\(Units.percent($0)) of \(Units.exact(samples)) samples in \(function.text)",
                            by: .sampled)
                    }
                }, impact: Impact(), fixes: [],
            check: "tcpwhy hotspots 10 1",
            unsettled: "a look at the service itself: its log, its own waits, what it calls")
    }
}

extension FunctionName {
    /// "nft_do_chain (nf_tables)"
    var text: String { "\(symbol ?? "[unknown]") (\(module))" }
}
