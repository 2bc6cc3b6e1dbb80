// SPDX-License-Identifier: Apache-2.0

/// Which colours a flame graph has.
public enum FlamePalette: String, CaseIterable, Sendable {
    /// By what a frame is: kernel, user, inlined, made at run time (JIT).
    case `default`
    /// The same range of colours for all frames.
    case hot, mem, io

    func range(_ kind: FrameKind) -> ColourRange {
        if kind == .unknown {
            return ColourRange(hues: 220...220, saturation: 6, light: 78...86, dark: 30...36)
        }
        return switch self {
        case .default:
            switch kind {
            case .kernel: ColourRange(hues: 6...22, saturation: 88, light: 62...74, dark: 29...34)
            case .inlined: ColourRange(hues: 180...196, saturation: 60, light: 66...78, dark: 24...29)
            case .jit: ColourRange(hues: 95...125, saturation: 52, light: 64...76, dark: 22...27)
            case .user, .unknown: ColourRange(hues: 46...56, saturation: 88, light: 60...76, dark: 19...24)
            }
        case .hot: ColourRange(hues: 2...54, saturation: 85, light: 60...72, dark: 21...26)
        case .mem: ColourRange(hues: 95...165, saturation: 55, light: 60...74, dark: 20...26)
        case .io: ColourRange(hues: 205...245, saturation: 70, light: 72...84, dark: 30...38)
        }
    }
}

/// What a frame's name says of it: the suffixes are those of the folding tools.
enum FrameKind: String, CaseIterable {
    case user, kernel, inlined
    case jit = "JIT"
    /// A name that is none.
    case unknown

    /// Begins the class of its frames.
    var letter: Unicode.Scalar {
        switch self {
        case .user: "u"
        case .kernel: "k"
        case .inlined: "i"
        case .jit: "j"
        case .unknown: "n"
        }
    }
}

/// Colours of a kind, from which a frame's name takes one.
struct ColourRange {
    /// How many colours of a kind there are.
    static let shades = 16

    /// Degrees.
    let hues: ClosedRange<Int>
    /// Percent, as the following.
    let saturation: Int
    /// Lightness on a light page, under dark text.
    let light: ClosedRange<Int>
    /// Lightness on a dark page, under light text.
    let dark: ClosedRange<Int>

    /// Neighbours in number differ in lightness, not only in hue.
    func colour(_ shade: Int, isDark: Bool) -> HSL {
        let step = shade * 7 % Self.shades
        return HSL(
            hue: Self.at(shade, of: hues), saturation: saturation,
            lightness: Self.at(step, of: isDark ? dark : light))
    }

    private static func at(_ step: Int, of range: ClosedRange<Int>) -> Int {
        range.lowerBound + (range.upperBound - range.lowerBound) * step / (shades - 1)
    }
}

/// A colour: hue in degrees, the others in percent.
struct HSL: Hashable, CustomStringConvertible {
    let hue: Int
    let saturation: Int
    let lightness: Int

    var description: String { "hsl(\(hue),\(saturation)%,\(lightness)%)" }
}
