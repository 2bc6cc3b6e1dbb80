// SPDX-License-Identifier: Apache-2.0

/// The colour of a change: red where it grew, blue where it shrank, the stronger
/// the greater the change is in relation to the total.
enum ChangeShade {
    /// From which share of the total on a change has the first, second, … shade.
    private static let thresholds = [0.0005, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2]

    static let strongest = 8

    /// The class of frames with this shade.
    static func name(_ shade: Int) -> String {
        shade == 0 ? "same" : shade > 0 ? "grew\(shade)" : "shrank\(-shade)"
    }

    /// 0: as good as none; below 0: it shrank.
    static func shade(from first: StackCount, to second: StackCount, total: StackCount) -> Int {
        guard total > .zero else { return 0 }
        let share = first.distance(to: second).value / total.value
        let shade = thresholds.count { share >= $0 }
        return first < second ? shade : -shade
    }

    static func colour(_ shade: Int, isDark: Bool) -> HSL {
        let strength = Int(shade.magnitude)
        guard strength > 0 else { return HSL(hue: 220, saturation: 10, lightness: isDark ? 24 : 91) }
        let hue = shade > 0 ? 4 : 214
        return isDark
            ? HSL(hue: hue, saturation: 18 + 6 * strength, lightness: 25 + 2 * strength)
            : HSL(hue: hue, saturation: 90, lightness: 92 - 4 * strength)
    }
}
