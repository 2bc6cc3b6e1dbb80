// SPDX-License-Identifier: Apache-2.0

/// As much of a name as fits into a frame. The script fits it anew where the
/// font is known; this is for viewers that run none.
struct FrameLabel {
    /// A frame with room for fewer characters has no label.
    static let shortest = 3
    /// How many characters of a monospaced font have room.
    let fitting: Int

    init(pixels: Int, fontSize: Int) {
        // The widest of the usual fonts takes 0.62 of its size per character.
        fitting = max(pixels - 6, 0) * 50 / (31 * fontSize)
    }

    func put(_ name: RawSpan, to text: inout XMLBytes) {
        var columns = 0
        let isASCII = name.withUnsafeBytes { name in name.allSatisfy { $0 < 0x80 } }
        if isASCII {
            guard name.byteCount > fitting else { return text.put(escaped: name) }
            text.put(escaped: name.extracting(0..<fitting - 1))
            return text.put("…")
        }
        let scalars = name.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }.unicodeScalars
        let isWhole = scalars.reduce(0) { $0 + Self.columns($1) } <= fitting
        for scalar in scalars {
            columns += Self.columns(scalar)
            guard isWhole || columns < fitting else { return text.put("…") }
            text.put(escaped: scalar)
        }
    }

    /// Most of what is beyond the alphabets takes two columns; this need not be exact.
    private static func columns(_ scalar: Unicode.Scalar) -> Int {
        scalar.value < 0x1100 ? 1 : 2
    }
}
