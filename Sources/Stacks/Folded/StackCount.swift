// SPDX-License-Identifier: Apache-2.0

/// How often a stack was seen, or what it cost: samples, periods, milliseconds.
///
/// A decimal fixed-point number with nine places, so that sums do not depend on
/// the order in which counts are added. What does not fit stays at the largest, a whole number.
public struct StackCount: Hashable, Sendable {
    public var whole: UInt64
    /// 0 ..< 1 000 000 000 parts of one.
    public private(set) var billionths: UInt32

    /// Nothing.
    public static let zero = StackCount(0)
    /// Where sums stop.
    public static let max = StackCount(.max)

    /// A whole number, as counts nearly always are.
    public init(_ whole: UInt64) {
        self.init(whole: whole, billionths: 0)
    }

    init(whole: UInt64, billionths: UInt32) {
        self.whole = whole
        // Nothing is more than the largest.
        self.billionths = whole == .max ? 0 : billionths
    }

    /// For ratios and widths; exact up to 2^53.
    public var value: Double { Double(whole) + Double(billionths) / 1e9 }

    /// Adds, and stays at the largest where the sum would not fit.
    public static func += (sum: inout StackCount, more: StackCount) {
        let parts = sum.billionths + more.billionths
        let carry: UInt64 = parts >= 1_000_000_000 ? 1 : 0
        let (whole, over) = sum.whole.addingReportingOverflow(more.whole)
        let (carried, overAgain) = whole.addingReportingOverflow(carry)
        guard !over, !overAgain else {
            sum = .max
            return
        }
        sum = StackCount(whole: carried, billionths: parts - UInt32(carry) * 1_000_000_000)
    }
}

extension StackCount: Comparable {
    public static func < (left: StackCount, right: StackCount) -> Bool {
        (left.whole, left.billionths) < (right.whole, right.billionths)
    }
}

extension StackCount: CustomStringConvertible {
    /// `12`, or `12.5`: as folded stacks have it.
    public var description: String {
        guard billionths != 0 else { return "\(whole)" }
        var places = "\(billionths)"
        places = String(repeating: "0", count: 9 - places.count) + places
        while places.last == "0" { places.removeLast() }
        return "\(whole).\(places)"
    }
}

extension [StackCount] {
    /// The sum.
    var total: StackCount { reduce(into: .zero) { $0 += $1 } }
}

extension StackCount {
    /// A number as text: `12`, `12.5`, `12.`; nothing else, no sign, no exponent. Places after
    /// the ninth are left out.
    init?(_ digits: RawSpan) {
        var at = 0
        var number: UInt64 = 0
        var overflow = false
        while at < digits.byteCount, let digit = digits.digit(at: at) {
            let (tenfold, over) = number.multipliedReportingOverflow(by: 10)
            let (next, overAgain) = tenfold.addingReportingOverflow(UInt64(digit))
            overflow = overflow || over || overAgain
            number = next
            at += 1
        }
        guard at > 0 else { return nil }
        var parts: UInt32 = 0
        if at < digits.byteCount {
            guard digits.byte(at: at) == UInt8(ascii: ".") else { return nil }
            at += 1
            var unit: UInt32 = 100_000_000
            while at < digits.byteCount {
                guard let digit = digits.digit(at: at) else { return nil }
                parts += UInt32(digit) * unit
                unit /= 10
                at += 1
            }
        }
        self = overflow ? .max : StackCount(whole: number, billionths: parts)
    }
}
