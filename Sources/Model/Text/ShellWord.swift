// SPDX-License-Identifier: Apache-2.0

/// One word of a shell's command line, whoever chose it.
package enum ShellWord {
    /// As it is if no shell takes it for anything else; else in single quotes.
    package static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                    UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "="),
                    UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: "@"), UInt8(ascii: "%"):
                    true
                default: false
                }
            }
        if isPlain, text.utf8.first != UInt8(ascii: "-") { return text }
        let escaped = Printable.text(text).split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: "'\\''")
        return "'\(escaped)'"
    }
}
