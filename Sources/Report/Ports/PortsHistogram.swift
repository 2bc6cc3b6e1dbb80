// SPDX-License-Identifier: Apache-2.0
public import Model

/// Distributions per destination as bcc and perf show them: a row per power of two.
public struct PortsHistogram: Sendable {
    public var style: TextStyle

    public init(style: TextStyle = TextStyle()) {
        self.style = style
    }

    /// Lines without their ends.
    public func lines(_ interval: PortsInterval) -> [String] {
        let showsNetns = PortsTable.namespaces(interval) > 1
        var lines = [PortsText.header(interval, PortsRow.all(of: interval, by: .search), style)]
        if interval.connects.isEmpty { lines.append(style.fit("no connects")) }
        for (target, stats) in Self.byTarget(interval) {
            let name = target.name + (showsNetns && target.netns != 0 ? " netns \(target.netns)" : "")
            lines.append("")
            lines += section(name, "search time, ns", stats.search, interval.backend)
            lines.append("")
            let method = stats.triedMethod.map { " (\($0.rawValue))" } ?? ""
            lines += section(name, "ports tried" + method, stats.tried, interval.backend)
            // Where the search cannot be seen, the call is what there is.
            if interval.backend == .tracepoint {
                lines.append("")
                lines += section(name, "call time, ns", stats.call, interval.backend, of: "calls")
            }
        }
        if !interval.connects.isEmpty { lines.append("") }
        return lines + style.wrap(LossText.ports.line(interval.loss))
    }

    /// `lines`, each ended.
    public func text(_ interval: PortsInterval) -> String {
        lines(interval).map { $0 + "\n" }.joined()
    }

    private struct Target: Hashable {
        var name: String
        var netns: UInt32
    }

    /// All processes that connect to one destination together, the busiest first.
    private static func byTarget(_ interval: PortsInterval) -> [(Target, ConnectStats)] {
        var sums: [Target: ConnectStats] = [:]
        for (key, stats) in interval.connects {
            let name = key.isOverflow ? key.command.text : PortsText.destination(key)
            let target = Target(name: name, netns: key.netns)
            sums[target] = sums[target]?.merging(stats) ?? stats
        }
        return sums.sorted { left, right in
            if left.value.connects != right.value.connects {
                return left.value.connects > right.value.connects
            }
            return (left.key.name, left.key.netns) < (right.key.name, right.key.netns)
        }.map { ($0.key, $0.value) }
    }

    private func section(
        _ name: String, _ what: String, _ distribution: Distribution?, _ backend: Backend,
        of unit: String = "searches"
    ) -> [String] {
        guard let distribution else {
            return [style.fit("\(name)  \(what): not measured by the \(backend.rawValue) backend")]
        }
        let heading = "\(name)  \(what): \(Units.exact(distribution.count)) \(unit)"
        return [style.paint(style.fit(heading), .heading)] + bars(distribution.histogram)
    }

    private func bars(_ histogram: LogLinearHistogram) -> [String] {
        var octaves: [Int: UInt64] = [:]
        for (bucket, count) in histogram.counts {
            let low = LogLinearHistogram.lowerBound(ofBucket: bucket)
            octaves[low == 0 ? 0 : 64 - low.leadingZeroBitCount, default: 0] += count
        }
        guard let first = octaves.keys.min(), let last = octaves.keys.max(),
            let most = octaves.values.max()
        else { return [] }
        let labels = (first...last).map(Self.label)
        let counts = (first...last).map { octaves[$0] ?? 0 }
        let labelWidth = labels.reduce(0) { max($0, DisplayWidth.of($1)) }
        let countWidth = max("\(most)".utf8.count, 8)
        let room = style.width.map { $0 - labelWidth - countWidth - 4 } ?? 40
        let barWidth = min(max(room, 0), 40)
        return zip(labels, counts).map { label, count in
            let length = Int(Rounding.down(Double(count) / Double(most) * Double(barWidth)))
            let number = "\(count)"
            let bar = String(repeating: "*", count: length).padded(to: barWidth)
            let line =
                label.padded(to: labelWidth) + " "
                + String(repeating: " ", count: countWidth - number.utf8.count) + number
            return style.fit(barWidth > 0 ? line + " |\(bar)|" : line)
        }
    }

    /// Row 0 holds 0; row n holds 2^(n − 1) up to 2^n.
    private static func label(_ octave: Int) -> String {
        if octave == 0 { return "[0]" }
        let low = power(octave - 1)
        return octave == 34 ? "[\(low), …)" : "[\(low), \(power(octave)))"
    }

    /// 2^exponent, in K, M and G of 1024.
    private static func power(_ exponent: Int) -> String {
        let suffix = ["", "K", "M", "G"][exponent / 10]
        return "\(1 << (exponent % 10))" + suffix
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(width - DisplayWidth.of(self), 0))
    }
}
