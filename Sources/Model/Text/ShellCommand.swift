// SPDX-License-Identifier: Apache-2.0

/// A command to be typed into a shell: words that are written here, and values that come from anywhere. A
/// value becomes part of one word, whatever is in it.
///
///     "systemctl restart \(operand: unit)"
///
/// There is no way from a `String` to a command but as a value, so that none can be put in unquoted.
public struct ShellCommand: Sendable, Hashable {
    public let text: String

    public var isEmpty: Bool { text.isEmpty }

    package static func + (left: ShellCommand, right: ShellCommand) -> ShellCommand { "\(left)\(right)" }
}

extension ShellCommand: CustomStringConvertible {
    public var description: String { text }
}

extension Sequence<ShellCommand> {
    package func joined(separator: ShellCommand) -> ShellCommand {
        var isFirst = true
        return reduce("") { whole, part in
            defer { isFirst = false }
            return isFirst ? part : whole + separator + part
        }
    }
}

extension ShellCommand: ExpressibleByStringInterpolation {
    public init(stringLiteral text: String) { self.text = text }
    public init(stringInterpolation parts: Parts) { text = parts.text }

    public struct Parts: StringInterpolationProtocol {
        fileprivate var text = ""
        private var quotes = ShellQuotes()

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ literal: String) {
            for byte in literal.utf8 { quotes.pass(byte) }
            text += literal
        }

        public mutating func appendInterpolation(_ part: ShellCommand) { appendLiteral(part.text) }
        public mutating func appendInterpolation(_ number: some BinaryInteger) { text += "\(number)" }
        public mutating func appendInterpolation(_ address: IPAddress) { text += "\(address)" }
        public mutating func appendInterpolation(_ value: String) { text += quotes.quoted(value) }

        /// Of a program that takes what begins with a dash for an option, and `--` for their end.
        public mutating func appendInterpolation(operand value: String) {
            if value.hasPrefix("-") { appendLiteral("-- ") }
            appendInterpolation(value)
        }
    }
}

/// Where in a command's quotes the next character is, and how a value is written there.
private struct ShellQuotes {
    private enum Inside {
        case nothing, single, double
    }

    private var inside = Inside.nothing
    private var isEscaped = false

    mutating func pass(_ byte: UInt8) {
        if isEscaped {
            isEscaped = false
            return
        }
        switch (byte, inside) {
        case (UInt8(ascii: "\\"), .nothing), (UInt8(ascii: "\\"), .double): isEscaped = true
        case (UInt8(ascii: "'"), .nothing): inside = .single
        case (UInt8(ascii: "\""), .nothing): inside = .double
        case (UInt8(ascii: "'"), .single), (UInt8(ascii: "\""), .double): inside = .nothing
        default: break
        }
    }

    /// As it is where no shell takes it for anything else.
    func quoted(_ value: String) -> String {
        let value = Printable.text(value)
        switch inside {
        case .nothing:
            let isPlain = !value.isEmpty && !value.hasPrefix("-") && value.utf8.allSatisfy(Self.isPlain)
            return isPlain ? value : "'\(Self.inSingle(value))'"
        case .single: return Self.inSingle(value)
        case .double:
            let isPlain = value.utf8.allSatisfy { Self.isPlain($0) || $0 == UInt8(ascii: " ") }
            return isPlain ? value : "\"'\(Self.inSingle(value))'\""
        }
    }

    /// Of single quotes nothing but their end has a meaning.
    private static func inSingle(_ value: String) -> String {
        value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: "%"): true
        default: byte.isPlain
        }
    }
}
