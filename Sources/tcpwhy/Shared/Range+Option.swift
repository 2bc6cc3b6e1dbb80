// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

extension ClosedRange {
    /// Refuses a number that an option was given and that makes no sense, and says what does.
    /// - Parameters:
    ///   - value: `nil`: it was not given.
    ///   - what: the option, as in "-d".
    func require(_ value: Bound?, _ what: String, _ unit: String = "") throws {
        // What is not a number is in no range.
        guard let value, !contains(value) else { return }
        throw ValidationError(
            "\(what) is from \(Self.text(lowerBound)) to \(Self.text(upperBound))"
                + (unit.isEmpty ? "" : " \(unit)") + ", not \(Self.text(value))")
    }

    private static func text(_ number: Bound) -> String {
        let text = "\(number)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
