// SPDX-License-Identifier: Apache-2.0
import Model

/// A moment as people write it, in the Gregorian calendar.
struct CivilTime {
    var year: Int64
    var month: Int64
    var day: Int64
    var hour: Int64
    var minute: Int64
    var second: Int64
    var millisecond: Int64

    /// - Parameters:
    ///   - milliseconds: since 1970, UTC.
    ///   - utcOffset: seconds to add for the zone to show.
    init(milliseconds: Int64, utcOffset: Int = 0) {
        let local = milliseconds + Int64(utcOffset) * 1000
        let days = local.floorDivided(by: 86_400_000)
        let inDay = local - days * 86_400_000
        hour = inDay / 3_600_000
        minute = inDay / 60_000 % 60
        second = inDay / 1000 % 60
        millisecond = inDay % 1000
        // Years that begin in March, in eras of 400 years that are all alike, so
        // that the leap day is the last of its year.
        let shifted = days + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let leapDays = dayOfEra / 1460 - dayOfEra / 36_524 + dayOfEra / 146_096
        let yearOfEra = (dayOfEra - leapDays) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// - Parameter seconds: since 1970, UTC; not before.
    init(seconds: Double, utcOffset: Int = 0) {
        let milliseconds = Int64(Rounding.down(min(seconds, 2.5e11) * 1000))
        self.init(milliseconds: milliseconds, utcOffset: utcOffset)
    }

    /// "2026-11-23T20:05:27.042Z", if made with `utcOffset` 0.
    func writeISO8601(to bytes: inout [UInt8]) {
        bytes.append(decimal: year, minimum: 4)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(decimal: month, minimum: 2)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(decimal: day, minimum: 2)
        bytes.append(UInt8(ascii: "T"))
        writeClock(to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
    }

    /// "20:05:27.042", or "20:05:27".
    func writeClock(to bytes: inout [UInt8], milliseconds: Bool = true) {
        bytes.append(decimal: hour, minimum: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: minute, minimum: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: second, minimum: 2)
        guard milliseconds else { return }
        bytes.append(UInt8(ascii: "."))
        bytes.append(decimal: millisecond, minimum: 3)
    }

    var clock: String {
        var bytes: [UInt8] = []
        writeClock(to: &bytes, milliseconds: false)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Int64 {
    fileprivate func floorDivided(by divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : (self + 1) / divisor - 1
    }
}
