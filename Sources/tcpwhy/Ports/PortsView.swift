// SPDX-License-Identifier: Apache-2.0
import Model
import Report

/// Puts intervals and events on the output in the form that was asked for.
struct PortsView {
    enum Form {
        case table, histogram, events, json, jsonEvents
    }

    let output: Output
    let form: Form
    let sort: PortsSort
    let top: Int

    /// Of events' times, from `begin` on.
    private var clock = WallClock(offset: 0)
    private var isoClock = WallClock(offset: 0)

    init(output: Output, form: Form, sort: PortsSort, top: Int) {
        self.output = output
        self.form = form
        self.sort = sort
        self.top = top
    }

    var showsEvents: Bool { form == .events || form == .jsonEvents }

    func announce(_ backend: Backend) {
        if form == .table && output.redraws { return }
        Output.tracing(backend)
    }

    /// - Parameter wallOffset: what to add to a monotonic time for the wall time.
    mutating func begin(wallOffset: Int64) throws {
        clock = WallClock(offset: wallOffset, utcOffset: Terminal.utcOffset)
        isoClock = WallClock(offset: wallOffset)
        if form == .events { try output.write(text: EventLine.heading + "\n") }
    }

    func show(_ interval: PortsInterval) throws {
        let style = Terminal.style(for: output)
        switch form {
        case .json, .jsonEvents:
            try output.write(PortsJSON.interval(interval, sort: sort))
        case .events:
            break
        case .table:
            let table = PortsTable(sort: sort, top: top, style: style)
            if output.redraws {
                try output.redraw(table.lines(interval), height: style.height)
            } else {
                try output.write(text: table.text(interval) + "\n")
            }
        case .histogram:
            try output.write(text: PortsHistogram(style: style).text(interval) + "\n")
        }
    }

    /// Adds a line for the event to `bytes`, which one write then takes.
    func append(_ event: ConnectEvent, to bytes: inout [UInt8]) {
        if form == .jsonEvents {
            PortsJSON.write(event, clock: isoClock, to: &bytes)
        } else {
            EventLine(clock: clock).write(event, to: &bytes)
        }
    }

    func finish(_ run: PortsInterval) throws {
        switch form {
        case .json, .jsonEvents:
            try output.write(PortsJSON.summary(run))
        case .table, .histogram, .events:
            let style = Terminal.style(for: output)
            try output.write(text: PortsSummaryText(sort: sort, top: top, style: style).text(run) + "\n")
        }
    }
}
