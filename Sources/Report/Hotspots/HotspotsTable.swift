// SPDX-License-Identifier: Apache-2.0
public import Model

/// The table of one interval: functions, the ones that allocate ports, and the CPUs.
public struct HotspotsTable: Sendable {
    public var sort: HotspotsSort
    /// Functions to show at most.
    public var top: Int
    public var style: TextStyle

    public init(sort: HotspotsSort = .own, top: Int = 20, style: TextStyle = TextStyle()) {
        self.sort = sort
        self.top = max(top, 0)
        self.style = style
    }

    /// Lines without their ends, none wider or more than the style allows.
    public func lines(_ interval: HotspotsInterval) -> [String] {
        lines(
            interval,
            heading: style.heading(
                end: interval.wallTime, duration: interval.duration, means: HotspotsText.means(interval)))
    }

    /// `lines`, each ended.
    public func text(_ interval: HotspotsInterval) -> String {
        lines(interval).map { $0 + "\n" }.joined()
    }

    /// The same of the whole run, each line ended.
    public func total(_ run: HotspotsInterval) -> String {
        let heading = "total of \(Units.seconds(run.duration))  " + HotspotsText.means(run)
        return lines(run, heading: style.fit(heading)).map { $0 + "\n" }.joined()
    }

    private func lines(_ interval: HotspotsInterval, heading: String) -> [String] {
        let first = [heading] + style.wrap(HotspotsText.scale(interval))
        let rest = allocation(interval) + [""] + cpus(interval) + style.wrap(HotspotsText.losses(interval))
        // Beside a heading, "more functions" and an empty line.
        let room = style.height.map { max($0 - first.count - rest.count - 3, 1) } ?? .max
        let lines = first + functions(interval, room) + [""] + rest
        guard let height = style.height else { return lines }
        return Array(lines.prefix(max(height, 1)))
    }

    private func functions(_ interval: HotspotsInterval, _ room: Int) -> [String] {
        let rows = HotspotsRow.all(of: interval.counts, by: sort)
        if rows.isEmpty { return [style.fit("no samples: nothing of it ran")] }
        let shown = min(rows.count, top, room)
        let table = HotspotsColumns(interval: interval).functions(Array(rows.prefix(shown)))
        return (shown > 0 ? table.lines(style) : []) + more(rows.count - shown, "functions")
    }

    private func allocation(_ interval: HotspotsInterval) -> [String] {
        let all = PortFunction.allCases
        // A screen has no room for those that did not run.
        let shown = isShort ? all.filter { interval.counts.allocation[$0] != nil } : all
        let table = HotspotsColumns(interval: interval).allocation(shown)
        return table.lines(style) + style.wrap(HotspotsText.search(interval))
    }

    /// On a screen at most a fifth of it, the busiest.
    private func cpus(_ interval: HotspotsInterval) -> [String] {
        var numbers = interval.cpus.keys.sorted()
        let room = style.height.map { max($0 / 5 - 2, 1) } ?? .max
        if numbers.count > room {
            func busy(_ cpu: Int32) -> UInt64 { interval.cpus[cpu]?.busy ?? 0 }
            numbers = numbers.sorted { (busy($1), $0) < (busy($0), $1) }.prefix(room).sorted()
        }
        return HotspotsColumns(interval: interval).cpus(numbers).lines(style)
            + more(interval.cpus.count - numbers.count, "CPUs")
    }

    private var isShort: Bool { style.height.map { $0 < 40 } ?? false }

    private func more(_ count: Int, _ what: String) -> [String] {
        count > 0 ? [style.fit("\(count) more \(what)")] : []
    }
}
