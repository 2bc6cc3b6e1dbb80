// SPDX-License-Identifier: Apache-2.0
import Model

/// Columns of lines that come one by one, so that none can wait for the widest.
extension [UInt8] {
    mutating func append(_ text: String, left width: Int) {
        let text = Printable.text(text)
        append(text)
        pad(width - DisplayWidth.of(text))
    }

    mutating func append(_ text: String, right width: Int) {
        let text = Printable.text(text)
        pad(width - DisplayWidth.of(text))
        append(text)
    }

    private mutating func pad(_ count: Int) {
        guard count > 0 else { return }
        append(contentsOf: repeatElement(UInt8(ascii: " "), count: count))
    }
}
