// SPDX-License-Identifier: Apache-2.0

/// Addresses in frames' names, which are other ones on every run.
public enum HexAddresses {
    /// Replaces every `0x` with hexadecimal digits behind it by `0x...`.
    ///
    /// - Returns: `nil` where there is none.
    public static func stripped(_ stack: RawSpan) -> [UInt8]? {
        var result: [UInt8] = []
        var (copied, at) = (0, 0)
        while at + 2 < stack.byteCount {
            guard stack.byte(at: at) == UInt8(ascii: "0"), stack.byte(at: at + 1) == UInt8(ascii: "x"),
                isHexDigit(stack.byte(at: at + 2))
            else {
                at += 1
                continue
            }
            stack.extracting(copied..<at).withUnsafeBytes { result.append(contentsOf: $0) }
            result.append(contentsOf: "0x...".utf8)
            at += 2
            while at < stack.byteCount, isHexDigit(stack.byte(at: at)) { at += 1 }
            copied = at
        }
        guard copied > 0 else { return nil }
        stack.extracting(copied..<stack.byteCount).withUnsafeBytes { result.append(contentsOf: $0) }
        return result
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
