// SPDX-License-Identifier: Apache-2.0

/// A frame's name, and the colour that follows from it alone: the same function
/// has the same colour in every picture.
struct FrameName {
    let kind: FrameKind
    /// How many bytes of the name are shown: all but the suffix that says what it is.
    let labelLength: Int
    /// 0 ..< `ColourRange.shades`.
    let shade: Int

    init(_ name: RawSpan) {
        (kind, labelLength) = Self.kind(name)
        // FNV-1a, whose high bits are the better mixed ones.
        var hash: UInt32 = 2_166_136_261
        for at in 0..<labelLength { hash = (hash ^ UInt32(name.byte(at: at))) &* 16_777_619 }
        hash ^= hash >> 15
        hash = hash &* 0x85eb_ca6b
        shade = Int(hash >> 28)
    }

    /// The root's, which is none.
    static let none = FrameName(RawSpan())

    private static func kind(_ name: RawSpan) -> (FrameKind, labelLength: Int) {
        let count = name.byteCount
        guard count > 4, name.byte(at: count - 4) == UInt8(ascii: "_"),
            name.byte(at: count - 3) == UInt8(ascii: "["), name.byte(at: count - 1) == UInt8(ascii: "]")
        else { return (isNone(name) ? .unknown : .user, count) }
        return switch name.byte(at: count - 2) {
        case UInt8(ascii: "k"): (.kernel, count - 4)
        case UInt8(ascii: "i"): (.inlined, count - 4)
        case UInt8(ascii: "j"): (.jit, count - 4)
        // Who woke whom, in stacks of waiting.
        case UInt8(ascii: "w"): (.user, count - 4)
        default: (.user, count)
        }
    }

    /// `[unknown]`, and `-` and `--` between two parts of a stack.
    private static func isNone(_ name: RawSpan) -> Bool {
        name.equals("[unknown]") || name.equals("-") || name.equals("--") || name.byteCount == 0
    }
}
