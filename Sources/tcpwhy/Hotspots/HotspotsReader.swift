// SPDX-License-Identifier: Apache-2.0
import Collector
import Model

/// Shows what `tcpwhy hotspots` was asked for, at each tick, and the totals at the end.
struct HotspotsReader {
    let view: HotspotsView

    func read(_ source: some SnapshotSource) throws {
        var source = source
        var first: Look?
        var last: Look?
        while let update = try source.next() {
            guard let snapshot = update.snapshot, let samples = snapshot.samples.value else { continue }
            let now = Look(samples: samples, search: Self.search(snapshot.ports))
            guard let start = first, let before = last else {
                try view.output.begin()
                view.announce(samples.sampling)
                (first, last) = (now, now)
                continue
            }
            let interval = now.since(before)
            // What is left is shown if there is any.
            if !update.isLast || interval.samples > 0 { try view.show(interval, isRest: update.isLast) }
            if update.isLast { try view.finish(now.withEnded.since(start)) }
            last = now
        }
    }

    private struct Look {
        let samples: SamplesSnapshot
        let search: SearchTime

        /// All of a run.
        var withEnded: Look { Look(samples: samples.map(\.withEnded), search: search) }

        func since(_ earlier: Look) -> HotspotsInterval {
            HotspotsInterval(samples.since(earlier.samples), search: search.since(earlier.search))
        }
    }

    private static func search(_ ports: Seen<PortsSnapshot>) -> SearchTime {
        switch ports {
        case .seen(let ports): ports.searchTime
        case .notAsked: .unknown("it is not known by CPU (--cpu)")
        case .not(let why): .unknown(why)
        }
    }
}
