// SPDX-License-Identifier: Apache-2.0
import Glibc
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
        // Before 1970, too, a moment belongs to the second that it is in.
        var seconds = Int((local - (local < 0 ? 999 : 0)) / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        year = Int64(parts.tm_year) + 1900
        month = Int64(parts.tm_mon) + 1
        day = Int64(parts.tm_mday)
        hour = Int64(parts.tm_hour)
        minute = Int64(parts.tm_min)
        second = Int64(parts.tm_sec)
        millisecond = local - Int64(seconds) * 1000
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
