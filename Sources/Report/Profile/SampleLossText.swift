// SPDX-License-Identifier: Apache-2.0
import Model

/// What is wrong with some samples, each kind on its own.
enum SampleLossText {
    static func parts(_ loss: SampleLoss) -> [String] {
        [
            (loss.truncated, "with a truncated stack"),
            (loss.withoutStack, "without their stack (table full)"),
            (loss.unplaced, "in no row (table full)"),
        ].filter { $0.0 > 0 }.map { "\(Units.exact($0.0)) \($0.1)" }
    }
}
