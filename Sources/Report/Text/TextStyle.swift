// SPDX-License-Identifier: Apache-2.0
import Model

/// How text is to look. The caller knows the terminal; a report does not.
///
/// What it lays out is made printable here, in one place, whoever named what is in it.
public struct TextStyle: Sendable, Hashable {
    /// Columns that no line exceeds. `nil`: as wide as it gets (a pipe).
    public var width: Int?
    /// Lines that a live table does not exceed. `nil`: no limit.
    public var height: Int?
    /// Whether to use ANSI colours.
    public var colour: Bool
    /// Seconds that the time of day to show is ahead of UTC.
    public var utcOffset: Int

    public init(width: Int? = nil, height: Int? = nil, colour: Bool = false, utcOffset: Int = 0) {
        self.width = width.map { max($0, 1) }
        self.height = height
        self.colour = colour
        self.utcOffset = utcOffset
    }

    enum Emphasis: String, CaseIterable {
        case plain = ""
        case heading = "\u{1B}[1m"
        case bad = "\u{1B}[31m"

        /// After what is emphasised.
        static let end = "\u{1B}[0m"
    }

    func paint(_ text: String, _ emphasis: Emphasis) -> String {
        let text = Printable.text(text)
        guard colour, emphasis != .plain, !text.isEmpty else { return text }
        return emphasis.rawValue + text + Emphasis.end
    }

    /// A line that is never cut or broken: it is to be copied.
    func whole(_ text: String) -> String { Printable.text(text) }

    func fit(_ text: String) -> String {
        let text = Printable.text(text)
        guard let width else { return text }
        return DisplayWidth.truncated(text, to: width)
    }

    /// Breaks between words, so that no line exceeds the width.
    func wrap(_ text: String) -> [String] {
        let text = Printable.text(text)
        guard let width else { return [text] }
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            let longer = line.isEmpty ? String(word) : line + " " + word
            if line.isEmpty || DisplayWidth.of(longer) <= width {
                line = longer
            } else {
                lines.append(fit(line))
                line = String(word)
            }
        }
        if !line.isEmpty { lines.append(fit(line)) }
        return lines
    }
}
