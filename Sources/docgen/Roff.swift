// SPDX-License-Identifier: Apache-2.0

/// Text in the making for man(7).
struct Roff {
    private(set) var text = ""

    mutating func comment(_ words: String) {
        text += ".\\\" \(words)\n"
    }

    mutating func request(_ name: String, _ arguments: [String] = []) {
        text += ".\(name)"
        for argument in arguments {
            let quoted = argument.isEmpty || argument.contains(" ")
            text += quoted ? " \"\(Self.escape(argument))\"" : " \(Self.escape(argument))"
        }
        text += "\n"
    }

    /// A line that is escaped where it must be; one that begins like a request is guarded.
    mutating func line(_ words: String) {
        if words.hasPrefix(".") || words.hasPrefix("'") { text += "\\&" }
        text += words + "\n"
    }

    mutating func paragraphs(_ paragraphs: [String]) {
        for paragraph in paragraphs where !paragraph.isEmpty {
            request("PP")
            line(Self.escape(paragraph))
        }
    }

    /// "-" would become a hyphen that cannot be pasted into a shell.
    static func escape(_ words: String) -> String {
        var result = ""
        for character in words {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            default: result.append(character)
            }
        }
        return result
    }

    static func italic(_ words: String?) -> String {
        "\\fI\(escape(words ?? "value"))\\fR"
    }
}
