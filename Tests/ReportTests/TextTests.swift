// SPDX-License-Identifier: Apache-2.0
import Foundation
import Model
import Seeded
import Testing

@testable import Report

@Suite struct TextTests {
    @Test(
        arguments: [
            (0, "0ns"), (843, "843ns"), (999, "999ns"), (1000, "1.00µs"), (12_345, "12.3µs"),
            (123_456, "123µs"), (999_499, "999µs"), (999_500, "1.00ms"), (999_999, "1.00ms"),
            (1_500_000, "1.50ms"), (75_000_000_000, "75.0s"), (7_500_000_000_000, "7500s"),
        ] as [(UInt64, String)])
    func durations(nanoseconds: UInt64, text: String) {
        #expect(Units.duration(nanoseconds) == text)
    }

    @Test(
        arguments: [
            (0, "0"), (9999, "9999"), (10_000, "10.0k"), (123_456, "123k"), (999_499, "999k"),
            (999_999, "1.00M"), (1_234_567, "1.23M"), (5_000_000_000, "5.00G"),
            (UInt64.max, "18446744T"),
        ] as [(UInt64, String)])
    func counts(count: UInt64, text: String) {
        #expect(Units.count(count) == text)
    }

    @Test(
        arguments: [
            (0, 1, "0"), (1, 1, "1"), (1, 3, "0.33"), (1, 60, "0.017"), (1, 1000, "<0.01"), (2, 0, "–"),
            (12_345, 10, "1235"), (123_456, 10, "12.3k"), (9_999_999, 1000, "10.0k"), (25, 2, "12.5"),
        ] as [(UInt64, Double, String)])
    func rates(count: UInt64, seconds: Double, text: String) {
        #expect(Units.rate(count, over: seconds) == text)
    }

    @Test(
        arguments: [
            (0, "0%"), (1, "100%"), (0.99996, ">99.99%"), (0.9996, ">99.9%"), (0.9979, "99.8%"),
            (0.5, "50%"), (0.123, "12.3%"), (0.00005, "<0.01%"), (0.0021, "0.21%"), (2.4, "240%"),
        ] as [(Double, String)])
    func shares(share: Double, text: String) {
        #expect(Units.percent(share) == text)
    }

    @Test func whatWasNotMeasuredIsADash() {
        #expect(Units.duration(nil) == "–")
        #expect(Units.count(nil) == "–")
        #expect(Units.percent(nil) == "–")
        #expect(Units.percent(.nan) == "–")
        #expect(Units.mean(nil) == "–")
        #expect(Units.rate(nil, over: 1) == "–")
    }

    @Test func exactCountsAreGroupedByThousands() {
        #expect(Units.exact(0) == "0")
        #expect(Units.exact(999) == "999")
        #expect(Units.exact(1000) == "1,000")
        #expect(Units.exact(1_234_567) == "1,234,567")
    }

    @Test func controlCharactersNeverReachTheTerminal() {
        #expect(Printable.text("nginx: worker") == "nginx: worker")
        #expect(Printable.text("a\u{1B}[2Jb\nc\u{7F}\u{9B}") == "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}\u{FFFD}")
        #expect(Printable.text("a\u{202E}b\u{200B}c") == "a\u{FFFD}b\u{FFFD}c")
        #expect(Printable.text("café 日本") == "café 日本")
    }

    @Test func widthIsThatOfTheTerminal() {
        #expect(DisplayWidth.of("12.3µs") == 6)
        #expect(DisplayWidth.of("日本") == 4)
        #expect(DisplayWidth.of("e\u{301}") == 1)
        #expect(DisplayWidth.of("🦀") == 2)
        #expect(DisplayWidth.truncated("abcdef", to: 6) == "abcdef")
        #expect(DisplayWidth.truncated("abcdef", to: 5) == "abcd…")
        #expect(DisplayWidth.truncated("日本語", to: 4) == "日…")
        #expect(DisplayWidth.truncated("abc", to: 1) == "…")
        #expect(DisplayWidth.truncated("abc", to: 0) == "")
        #expect(DisplayWidth.truncated("127.0.0.1:9000", to: 11, keeping: 5) == "127.0…:9000")
        #expect(DisplayWidth.truncated("127.0.0.1:9000", to: 8, keeping: 5) == "127.0.0…")
    }

    @Test func timesAgreeWithFoundation() {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        var random = SeededGenerator(seed: 2)
        for _ in 0..<300 {
            // 1900 to 2500.
            let milliseconds = Int64.random(in: -2_208_988_800_000...16_725_225_600_000, using: &random)
            var bytes: [UInt8] = []
            CivilTime(milliseconds: milliseconds).writeISO8601(to: &bytes)
            let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            #expect(String(decoding: bytes, as: UTF8.self) == formatter.string(from: date))
        }
    }

    @Test func leapDaysAndYearEndsAreRight() {
        func text(_ seconds: Double) -> String {
            var bytes: [UInt8] = []
            CivilTime(seconds: seconds).writeISO8601(to: &bytes)
            return String(decoding: bytes, as: UTF8.self)
        }
        #expect(text(0) == "1970-01-01T00:00:00.000Z")
        #expect(text(951_782_399.999) == "2000-02-28T23:59:59.999Z")
        #expect(text(951_782_400) == "2000-02-29T00:00:00.000Z")
        #expect(text(1_798_761_599.9999) == "2026-12-31T23:59:59.999Z")
        #expect(text(4_107_542_400) == "2100-03-01T00:00:00.000Z")
        #expect(text(.nan) == "1970-01-01T00:00:00.000Z")
        #expect(text(.infinity).hasSuffix("Z"))
    }

    @Test func roundingNeverTraps() {
        #expect(Rounding.nearest(0.5) == 1)
        #expect(Rounding.nearest(2.4999) == 2)
        #expect(Rounding.nearest(-3) == 0)
        #expect(Rounding.nearest(.nan) == 0)
        #expect(Rounding.nearest(.infinity) == Rounding.down(1e300))
        #expect(Units.percent(1e300).hasSuffix("%"))
        #expect(Units.rate(.max, over: 1e-300).hasSuffix("T"))
    }

    @Test func localTimeIsShifted() {
        #expect(CivilTime(seconds: 1_795_464_327, utcOffset: 3600).clock == "21:05:27")
        #expect(CivilTime(seconds: 0, utcOffset: -1).clock == "23:59:59")
    }
}
