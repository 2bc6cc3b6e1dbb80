// SPDX-License-Identifier: Apache-2.0
import BPF
import Host
import Model

/// What is said on standard error. A value that is put in (an argument, a path, a name) is made printable and
/// begins no line of its own; only what is written here does.
struct Message: ExpressibleByStringInterpolation {
    let text: String

    init(stringLiteral text: String) { self.text = text }
    init(stringInterpolation parts: Parts) { text = parts.text }

    static func + (left: Message, right: Message) -> Message { "\(left)\(right)" }

    struct Parts: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) {}

        mutating func appendLiteral(_ literal: String) { text += literal }
        mutating func appendInterpolation(_ part: Message) { text += part.text }
        mutating func appendInterpolation(_ number: some BinaryInteger) { text += "\(number)" }
        mutating func appendInterpolation(_ number: Double) { text += "\(number)" }
        mutating func appendInterpolation(_ value: String) { text += Printable.text(value) }
        mutating func appendInterpolation(_ error: HostError) { text += Printable.text(error.description) }
        /// Its lines are those of whoever made it: what failed, and what to do.
        mutating func appendInterpolation(_ error: BPFError) { text += Printable.lines(error.description) }
        /// Lines of our own words.
        mutating func appendInterpolation(lines: String) { text += Printable.lines(lines) }
    }
}
