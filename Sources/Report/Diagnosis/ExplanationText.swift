// SPDX-License-Identifier: Apache-2.0

/// The background of a finding as text.
public struct ExplanationText: Sendable {
    public var style: TextStyle

    /// Wide lines are hard to read, also where there is room.
    private static let mostColumns = 100

    public init(style: TextStyle = TextStyle()) {
        self.style = style
        self.style.width = min(style.width ?? Self.mostColumns, Self.mostColumns)
    }

    /// A line each: name and title.
    public func list(_ entries: [(name: String, title: String)]) -> String {
        let width = entries.map(\.name.count).max() ?? 0
        return entries.map { entry in
            let padding = String(repeating: " ", count: width - entry.name.count)
            return style.fit("\(entry.name)\(padding)  \(entry.title)") + "\n"
        }.joined()
    }

    /// A heading, and parts with headings of their own.
    public func paragraphs(_ name: String, _ title: String, _ parts: [(String, String)]) -> String {
        var lines = style.wrap("\(name): \(title)")
        for (heading, text) in parts {
            lines += ["", style.paint(heading, .heading)]
            lines += style.wrap(text)
        }
        return lines.map { $0 + "\n" }.joined()
    }
}
