// SPDX-License-Identifier: Apache-2.0
import Host
import Model
import Report

/// Puts intervals of `tcpwhy drops` on the output in the form that was asked for.
struct DropsView {
    let output: Output
    let json: Bool
    let top: Int

    func announce(_ backend: Backend) {
        if !json && output.isTerminal { return }
        Output.tracing(backend)
    }

    func show(_ interval: DropsInterval) throws {
        if json { return try output.write(DropsJSON.interval(interval)) }
        let style = Terminal.style(for: output)
        let table = DropsTable(top: top, style: style)
        if output.isTerminal {
            try output.write(Terminal.redraw(table.lines(interval), height: style.height))
        } else {
            try output.write(table.text(interval) + "\n")
        }
    }

    func finish(_ run: DropsInterval) throws {
        if json { return try output.write(DropsJSON.summary(run)) }
        let clock = WallClock(offset: HostClock.wallOffsetNanoseconds(), utcOffset: Terminal.utcOffset)
        let summary = DropsSummaryText(top: top, style: Terminal.style(for: output), clock: clock)
        try output.write(summary.text(run) + "\n")
    }
}
