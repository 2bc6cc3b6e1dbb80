// SPDX-License-Identifier: Apache-2.0
import Collector
import Model

/// Shows what `tcpwhy ports` was asked for, at each tick, and the totals at the end.
struct PortsReader {
    private var view: PortsView
    /// Lines of events that are to be written.
    private var bytes: [UInt8] = []

    init(_ view: PortsView) {
        self.view = view
    }

    mutating func read(_ source: some SnapshotSource) throws {
        var source = source
        var first: PortsSnapshot?
        var last: PortsSnapshot?
        while let update = try source.next({ try take($0) }) {
            try flush()
            guard let snapshot = update.snapshot, let now = snapshot.ports.value else { continue }
            guard let start = first, let before = last else {
                try view.output.begin()
                view.announce(now.backend)
                try view.begin(wallOffset: snapshot.wallOffset)
                (first, last) = (now, now)
                continue
            }
            let interval = now.since(before)
            // A moment after the last report: only if there is something to tell.
            if !update.isLast || !interval.connects.isEmpty { try view.show(interval) }
            if update.isLast { try view.finish(now.map(\.withEnded).since(start)) }
            last = now
        }
    }

    private mutating func take(_ event: TraceEvent) throws {
        guard case .connect(let connect) = event else { return }
        view.append(connect, to: &bytes)
        // What is kept here is bounded, however fast events come.
        if bytes.count > 1 << 16 { try flush() }
    }

    private mutating func flush() throws {
        try view.output.write(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}
