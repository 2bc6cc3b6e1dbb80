// SPDX-License-Identifier: Apache-2.0
import Model
import Report

/// Puts intervals of `tcpwhy hotspots` on the output in the form that was asked for.
struct HotspotsView {
    let output: Output
    let json: Bool
    let sort: HotspotsSort
    let top: Int

    func announce(_ sampling: Sampling) {
        if !json && output.redraws { return }
        Output.sampling(sampling)
    }

    func show(_ interval: HotspotsInterval, isRest: Bool) throws {
        if json { return try output.write(HotspotsJSON.interval(interval, sort: sort)) }
        // Shares of a few samples say nothing; the totals, which follow, have them.
        if isRest { return }
        let style = Terminal.style(for: output)
        let table = HotspotsTable(sort: sort, top: top, style: style)
        if output.redraws {
            try output.redraw(table.lines(interval), height: style.height)
        } else {
            try output.write(text: table.text(interval) + "\n")
        }
    }

    func finish(_ run: HotspotsInterval) throws {
        if json { return try output.write(HotspotsJSON.summary(run, sort: sort, top: top)) }
        var style = Terminal.style(for: output)
        style.height = nil
        try output.write(text: HotspotsTable(sort: sort, top: top, style: style).total(run) + "\n")
    }
}
