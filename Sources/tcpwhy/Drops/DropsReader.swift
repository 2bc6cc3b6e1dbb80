// SPDX-License-Identifier: Apache-2.0
import Collector
import Model

/// Shows what `tcpwhy drops` was asked for, at each tick, and the totals at the end.
struct DropsReader {
    private var view: DropsView
    private let shown: ShownListeners
    /// Whether every socket's owners are shown, or only theirs that lose something.
    private let ownersOfAll: Bool
    /// Lines of events that are to be written.
    private var bytes: [UInt8] = []
    private var said: Set<String> = []

    init(_ view: DropsView, _ shown: ShownListeners, ownersOfAll: Bool) {
        self.view = view
        self.shown = shown
        self.ownersOfAll = ownersOfAll
    }

    mutating func read(_ source: some SnapshotSource) throws {
        var source = source
        var first: DropsSnapshot?
        var last: DropsSnapshot?
        while let update = try source.next({ try take($0) }) {
            try flush()
            guard let snapshot = update.snapshot, let now = snapshot.drops.value else { continue }
            guard let start = first, let before = last else {
                try view.output.begin()
                view.announce(now.backend)
                explain(now)
                try view.begin(wallOffset: snapshot.wallOffset)
                (first, last) = (now, now)
                continue
            }
            explain(now)
            let interval = now.since(before)
            if !update.isLast || isWorthShowing(interval) { try view.show(only(interval)) }
            if update.isLast { try view.finish(only(now.map(\.withEnded).since(start))) }
            last = now
        }
    }

    /// A moment after the last report: only if there is something to tell. Scripts want to know
    /// the queues, too, unless that was just said.
    private func isWorthShowing(_ interval: DropsInterval) -> Bool {
        interval.packets?.isEmpty == false || interval.listeners.values.contains(where: \.hasLoss)
            || (view.isJSON && interval.duration >= 0.01)
    }

    private func only(_ interval: DropsInterval) -> DropsInterval {
        shown.only(ownersOfAll ? interval : interval.map(\.withOwnersOfLosers))
    }

    /// Says once what makes the figures less than they could be.
    private mutating func explain(_ now: DropsSnapshot) {
        for obstacle in now.obstacles where said.insert(obstacle).inserted { Output.note(obstacle) }
    }

    private mutating func take(_ event: TraceEvent) throws {
        guard case .loss(let loss, let socket, let owners) = event, shown.includes(socket, owners) else {
            return
        }
        view.append(loss, to: &bytes)
        // What is kept here is bounded, however fast events come.
        if bytes.count > 1 << 16 { try flush() }
    }

    private mutating func flush() throws {
        try view.output.write(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}
