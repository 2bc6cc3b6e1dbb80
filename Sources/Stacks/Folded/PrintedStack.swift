// SPDX-License-Identifier: Apache-2.0
import Model

/// A folded stack on its way out. What is in it came from a file or from processes, and where it goes may be
/// a terminal.
extension RawSpan {
    /// What to write instead; `nil`: it may go out as it is.
    var printed: String? {
        withUnsafeBytes { bytes in
            if bytes.allSatisfy({ (0x20..<0x7f).contains($0) }) { return nil }
            // Semicolons are ends of frames by now.
            return Printable.text(String(decoding: bytes, as: UTF8.self))
        }
    }
}
