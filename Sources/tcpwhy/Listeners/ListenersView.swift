// SPDX-License-Identifier: Apache-2.0
import Model
import Report

/// Puts intervals of `tcpwhy listeners` on the output in the form that was asked for.
struct ListenersView {
    let output: Output
    let json: Bool
    let top: Int
    /// One table and no totals, which would say the same again.
    let isOneLook: Bool

    func announce(_ backend: Backend) {
        if !json && (output.redraws || isOneLook) { return }
        Output.tracing(backend)
    }

    func show(_ interval: DropsInterval, isRest: Bool) throws {
        if json { return try output.write(ListenersJSON.interval(interval)) }
        // A rate over a moment says nothing; the totals have it.
        if isRest && interval.duration < 0.1 { return }
        let style = Terminal.style(for: output)
        let table = ListenersTable(top: top, style: style)
        if output.redraws {
            try output.redraw(table.lines(interval), height: style.height)
        } else {
            try output.write(text: table.text(interval) + (isOneLook ? "" : "\n"))
        }
    }

    func finish(_ run: DropsInterval) throws {
        if json { return try output.write(ListenersJSON.summary(run)) }
        if isOneLook { return }
        let summary = ListenersSummaryText(top: top, style: Terminal.style(for: output))
        try output.write(text: summary.text(run) + "\n")
    }
}
