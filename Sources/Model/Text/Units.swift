// SPDX-License-Identifier: Apache-2.0

/// Numbers for people: three significant digits and a unit.
package enum Units {
    /// What was not measured.
    package static let none = "–"

    /// "843ns", "12.3µs", "1.00ms", "75.0s".
    package static func duration(_ nanoseconds: UInt64?) -> String {
        guard let nanoseconds else { return none }
        if nanoseconds < 1000 { return "\(nanoseconds)ns" }
        return scaled(
            Double(nanoseconds) / 1e3, [("µs", 1000), ("ms", 1000), ("s", .infinity)])
    }

    /// Exact below 10,000; then "12.3k", "1.23M".
    package static func count(_ count: UInt64?) -> String {
        guard let count else { return none }
        if count < 10_000 { return "\(count)" }
        return scaled(
            Double(count) / 1e3, [("k", 1000), ("M", 1000), ("G", 1000), ("T", .infinity)])
    }

    /// With thousands separated: "84,120".
    package static func exact(_ count: UInt64) -> String {
        var digits = Array("\(count)".utf8)
        var position = digits.count - 3
        while position > 0 {
            digits.insert(UInt8(ascii: ","), at: position)
            position -= 3
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// Per second. Never "0" for something that happened.
    package static func rate(_ count: UInt64?, over seconds: Double) -> String {
        guard let count, seconds > 0 else { return none }
        if count == 0 { return "0" }
        let rate = Double(count) / seconds
        if rate < 0.01 { return "<0.01" }
        if rate < 999.5 { return trimmed(significant(rate)) }
        if rate < 9_999.5 { return "\(Rounding.nearest(rate))" }
        return self.count(Rounding.nearest(rate))
    }

    /// A share of 1 in per cent. "100%" only if it is all of it, "0%" only if none.
    package static func percent(_ share: Double?) -> String {
        guard let share, share.isFinite else { return none }
        if share <= 0 { return "0%" }
        if share < 0.0001 { return "<0.01%" }
        if share < 1, share > 0.9995 { return share > 0.9999 ? ">99.99%" : ">99.9%" }
        return trimmed(significant(share * 100)) + "%"
    }

    /// A mean or an expectation.
    package static func mean(_ value: Double?) -> String {
        guard let value, value.isFinite else { return none }
        return value < 999.5 ? trimmed(significant(value)) : count(Rounding.nearest(value))
    }

    /// Seconds of an interval: "1s", "0.25s", "3600s".
    package static func seconds(_ seconds: Double) -> String {
        if seconds >= 999.5 { return "\(Rounding.nearest(seconds))s" }
        return trimmed(significant(seconds)) + "s"
    }

    /// Seconds; of what is younger nobody needs to know.
    package static let leastAge = 1.5

    /// "now", "12s ago".
    package static func age(_ seconds: Double) -> String {
        seconds < leastAge ? "now" : Self.seconds(Double(Rounding.nearest(seconds))) + " ago"
    }

    /// Three digits, more after the point only below 0.1: "0.33", "1.23", "12.3", "123", "0.012".
    package static func significant(_ value: Double) -> String {
        var decimals = 2
        var limit = 9.995
        while decimals > 0, value >= limit {
            limit *= 10
            decimals -= 1
        }
        if value > 0, value < 0.0995 { decimals = value < 0.00995 ? 4 : 3 }
        return fixed(value, decimals: decimals)
    }

    /// Exactly `decimals` digits after the point.
    package static func fixed(_ value: Double, decimals: Int) -> String {
        var scale: UInt64 = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Rounding.nearest(value * Double(scale))
        var bytes: [UInt8] = []
        bytes.append(decimal: scaled / scale)
        if decimals > 0 {
            bytes.append(UInt8(ascii: "."))
            bytes.append(decimal: scaled % scale, minimum: decimals)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Without zeros after the point.
    private static func trimmed(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: ".")) else { return text }
        var digits = Array(text.utf8)
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        if digits.last == UInt8(ascii: ".") { digits.removeLast() }
        return String(decoding: digits, as: UTF8.self)
    }

    /// The first unit in which the value, as shown, is below the unit's limit.
    private static func scaled(_ value: Double, _ units: [(name: String, limit: Double)]) -> String {
        var value = value
        for unit in units {
            if value < unit.limit - 0.5 { return significant(value) + unit.name }
            value /= unit.limit
        }
        return none
    }
}

extension Units {
    /// Of memory: "843 B", "12.3 MiB".
    package static func bytes(_ count: UInt64) -> String {
        if count < 1024 { return "\(count) B" }
        return scaled(
            Double(count) / 1024, [(" KiB", 1024), (" MiB", 1024), (" GiB", 1024), (" TiB", .infinity)])
    }
}
