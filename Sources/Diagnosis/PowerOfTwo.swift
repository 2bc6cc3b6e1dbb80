// SPDX-License-Identifier: Apache-2.0

/// Sizes that people recognise as chosen.
enum PowerOfTwo {
    /// The smallest power of two that is not below `value`, and at most `most`.
    static func atLeast(_ value: Double, most: Int) -> Int {
        var power = 1
        while Double(power) < value, power < most { power *= 2 }
        return min(power, most)
    }
}
