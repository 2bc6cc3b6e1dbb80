// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Stacks

@Suite struct FlamePaletteTests {
    @Test(
        "names can be read on every colour, on a light page and on a dark one",
        arguments: FlamePalette.allCases)
    func contrast(palette: FlamePalette) {
        for kind in FrameKind.allCases {
            for shade in 0..<ColourRange.shades {
                check(palette.range(kind).colour(shade, isDark: false), isDark: false)
                check(palette.range(kind).colour(shade, isDark: true), isDark: true)
            }
        }
    }

    @Test("the same where colours show a change")
    func contrastOfChanges() {
        for shade in -ChangeShade.strongest...ChangeShade.strongest {
            check(ChangeShade.colour(shade, isDark: false), isDark: false)
            check(ChangeShade.colour(shade, isDark: true), isDark: true)
        }
    }

    @Test("kinds have no hue in common")
    func kindsDiffer() {
        let kinds: [FrameKind] = [.kernel, .user, .jit, .inlined]
        let hues = kinds.map { FlamePalette.default.range($0).hues }
        for (one, next) in zip(hues, hues.dropFirst()) { #expect(next.lowerBound - one.upperBound >= 20) }
    }

    @Test("a change is the stronger the more of the total it is")
    func changes() {
        func shade(_ first: UInt64, _ second: UInt64) -> Int {
            ChangeShade.shade(from: StackCount(first), to: StackCount(second), total: StackCount(10_000))
        }
        #expect([(0, 0), (5, 5), (0, 4), (0, 5), (5, 0)].map(shade) == [0, 0, 0, 1, -1])
        #expect([(0, 100), (0, 1000), (0, 2000), (9000, 1)].map(shade) == [4, 7, 8, -8])
    }

    @Test("the suffix says the kind, and is not shown; the shade is that of the function")
    func names() {
        #expect(FlameSample.name("f_[k]").kind == .kernel)
        #expect(FlameSample.name("f_[i]").kind == .inlined)
        #expect(FlameSample.name("f_[j]").kind == .jit)
        #expect(FlameSample.name("f_[w]").kind == .user)
        #expect(FlameSample.name("_[k]").kind == .user)
        #expect(FlameSample.name("[k]").kind == .user)
        #expect(["[unknown]", "-", "--", ""].allSatisfy { FlameSample.name($0).kind == .unknown })
        #expect(FlameSample.name("f_[k]").labelLength == 1)
        #expect(FlameSample.name("f_[x]").labelLength == 5)
        #expect(FlameSample.name("f_[k]").shade == FlameSample.name("f").shade)
        let shades = Set((0..<200).map { FlameSample.name("function\($0)").shade })
        #expect(shades.count == ColourRange.shades)
    }

    /// WCAG 2, level AA: 4.5 for text.
    private func check(_ colour: HSL, isDark: Bool) {
        // As in flame.css.
        let text = luminance(HSL(hue: 0, saturation: 0, lightness: isDark ? 94 : 11))
        let ground = luminance(colour)
        let contrast = (max(text, ground) + 0.05) / (min(text, ground) + 0.05)
        #expect(contrast >= 4.5, "\(colour) \(isDark ? "dark" : "light"): \(contrast)")
    }

    private func luminance(_ colour: HSL) -> Double {
        let (s, l) = (Double(colour.saturation) / 100, Double(colour.lightness) / 100)
        func channel(_ offset: Double) -> Double {
            let k = (offset + Double(colour.hue) / 30).truncatingRemainder(dividingBy: 12)
            let value = l - s * min(l, 1 - l) * max(-1, min(k - 3, 9 - k, 1))
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * channel(0) + 0.7152 * channel(8) + 0.0722 * channel(4)
    }
}
