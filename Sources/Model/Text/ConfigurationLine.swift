// SPDX-License-Identifier: Apache-2.0

/// A line of a program's configuration or source, as that program reads it. How values are quoted there each
/// program knows for itself, if it knows it at all: a value that would need it leaves the line empty.
public struct ConfigurationLine: Sendable, Hashable {
    /// `nil`: a value cannot stand in it.
    private let whole: String?

    /// Empty: there is none that could be offered.
    public var text: String { whole ?? "" }

    package static func + (left: ConfigurationLine, right: ConfigurationLine) -> ConfigurationLine {
        "\(left)\(right)"
    }
}

extension ConfigurationLine: ExpressibleByStringInterpolation {
    public init(stringLiteral text: String) { whole = text }
    public init(stringInterpolation parts: Parts) { whole = parts.isSafe ? parts.text : nil }

    public struct Parts: StringInterpolationProtocol {
        fileprivate var text = ""
        fileprivate var isSafe = true

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ literal: String) { text += literal }
        public mutating func appendInterpolation(_ part: ConfigurationLine) {
            isSafe = isSafe && part.whole != nil
            text += part.text
        }

        public mutating func appendInterpolation(_ number: some BinaryInteger) { text += "\(number)" }
        public mutating func appendInterpolation(_ address: IPAddress) { text += "\(address)" }

        public mutating func appendInterpolation(_ value: String) {
            isSafe = isSafe && !value.isEmpty && value.utf8.allSatisfy(Self.isPlain)
            text += value
        }

        /// An IPv6 address stands in brackets.
        private static func isPlain(_ byte: UInt8) -> Bool {
            byte.isPlain || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]")
        }
    }
}
