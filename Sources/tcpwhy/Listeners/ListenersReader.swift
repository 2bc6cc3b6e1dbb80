// SPDX-License-Identifier: Apache-2.0
import Collector
import Model

/// Shows what `tcpwhy listeners` was asked for, at each tick, and the totals at the end.
struct ListenersReader {
    let view: ListenersView
    let shown: ShownListeners

    func read(_ source: some SnapshotSource) throws {
        var source = source
        var first: DropsSnapshot?
        var last: DropsSnapshot?
        while let update = try source.next() {
            guard let now = update.snapshot?.drops.value else { continue }
            guard let start = first, let before = last else {
                try view.output.begin()
                view.announce(now.backend)
                (first, last) = (now, now)
                continue
            }
            let interval = now.since(before)
            // A moment after the last report: only if there is something to tell, or nothing was told yet.
            let isQuiet = interval.total.isEmpty && interval.totalAccepted?.isEmpty ?? true
            if !(update.isLast && isQuiet && before.time != start.time) {
                try view.show(shown.only(interval), isRest: update.isLast)
            }
            if update.isLast { try view.finish(shown.only(now.map(\.withEnded).since(start))) }
            last = now
        }
    }
}
