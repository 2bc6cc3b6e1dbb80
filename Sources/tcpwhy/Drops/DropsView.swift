// SPDX-License-Identifier: Apache-2.0
import Model
import Report

/// Puts intervals of `tcpwhy drops` on the output in the form that was asked for.
struct DropsView {
    enum Form {
        case table, events, json, jsonEvents
    }

    let output: Output
    let form: Form
    let top: Int

    /// Of events' times, from `begin` on.
    private var clock = WallClock(offset: 0)
    private var isoClock = WallClock(offset: 0)

    init(output: Output, form: Form, top: Int) {
        self.output = output
        self.form = form
        self.top = top
    }

    var isJSON: Bool { form == .json || form == .jsonEvents }
    var showsEvents: Bool { form == .events || form == .jsonEvents }

    func announce(_ backend: Backend) {
        if form == .table && output.redraws { return }
        Output.tracing(backend)
    }

    /// - Parameter wallOffset: what to add to a monotonic time for the wall time.
    mutating func begin(wallOffset: Int64) throws {
        clock = WallClock(offset: wallOffset, utcOffset: Terminal.utcOffset)
        isoClock = WallClock(offset: wallOffset)
        if form == .events { try output.write(text: LossLine.heading + "\n") }
    }

    /// Adds a line for the loss to `bytes`, which one write then takes.
    func append(_ loss: ListenLoss, to bytes: inout [UInt8]) {
        if form == .jsonEvents {
            DropsJSON.write(loss, clock: isoClock, to: &bytes)
        } else {
            LossLine(clock: clock).write(loss, to: &bytes)
        }
    }

    func show(_ interval: DropsInterval) throws {
        if isJSON { return try output.write(DropsJSON.interval(interval)) }
        if form == .events { return }
        let style = Terminal.style(for: output)
        let table = DropsTable(top: top, style: style)
        if output.redraws {
            try output.redraw(table.lines(interval), height: style.height)
        } else {
            try output.write(text: table.text(interval) + "\n")
        }
    }

    func finish(_ run: DropsInterval) throws {
        if isJSON { return try output.write(DropsJSON.summary(run)) }
        let summary = DropsSummaryText(top: top, style: Terminal.style(for: output), clock: clock)
        try output.write(text: summary.text(run) + "\n")
    }
}
