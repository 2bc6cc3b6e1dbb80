// SPDX-License-Identifier: Apache-2.0
public import Model

/// What is printed once, at the end: totals of the whole run, and the queues as they
/// are then.
public struct ListenersSummaryText: Sendable {
    /// Rows to show at most. `nil`: all.
    public var top: Int?
    public var style: TextStyle

    public init(top: Int? = nil, style: TextStyle = TextStyle()) {
        self.top = top
        self.style = style
    }

    /// Lines without their ends.
    /// - Parameter run: last snapshot minus first.
    public func lines(_ run: DropsInterval) -> [String] {
        let heading = "total of \(Units.seconds(run.duration))  " + ListenersText.means(run)
        var lines = [style.fit(heading)]
        lines += ListenersText.rows(run, seconds: nil, top: top.map { max($0, 0) } ?? .max, style: style)
        lines += style.wrap(Self.sentence(run)) + style.wrap(LossText.listeners.line(run.loss))
        return lines
    }

    /// `lines`, each ended.
    public func text(_ run: DropsInterval) -> String {
        lines(run).map { $0 + "\n" }.joined()
    }

    /// "8,412 accepts of 8,430 arrivals, 310 drops"
    private static func sentence(_ run: DropsInterval) -> String {
        let drops =
            run.backend == .tracepoint
            ? run.listeners.values.reduce(0) { $0 &+ ($1.socketDrops ?? 0) } : run.total.listenDrops
        let lost = Units.exact(drops) + " drops"
        guard let total = run.totalAccepted else { return lost }
        let arrivals = total.arrivals.map { "\(Units.exact($0)) arrivals, " } ?? ""
        return arrivals + "\(Units.exact(total.accepts)) accepts, " + lost
    }
}
