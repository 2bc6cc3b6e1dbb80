// SPDX-License-Identifier: Apache-2.0
import Model

/// The last gate on the way to a terminal: whatever a report forgot, only text, line ends and the styles
/// of `TextStyle` pass.
public enum TerminalText {
    /// - Parameter text: lines, each with its end.
    public static func bytes(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count)
        var rest = text.utf8[...]
        while let first = rest.first {
            if let style = styles.first(where: { rest.starts(with: $0.utf8) }) {
                result.append(style)
                rest = rest.dropFirst(style.utf8.count)
            } else {
                let end = rest.dropFirst(first == escape ? 1 : 0).firstIndex(of: escape) ?? rest.endIndex
                result.append(Printable.lines(String(decoding: rest[..<end], as: UTF8.self)))
                rest = rest[end...]
            }
        }
        return result
    }

    private static let escape: UInt8 = 0x1b
    private static let styles =
        TextStyle.Emphasis.allCases.map(\.rawValue).filter { !$0.isEmpty } + [TextStyle.Emphasis.end]
}
