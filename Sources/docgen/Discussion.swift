// SPDX-License-Identifier: Apache-2.0

/// A command's discussion, cut at its headings: lines such as `EXAMPLES:`, with
/// what belongs to them indented below.
struct Discussion {
    struct Section {
        var heading: String
        /// Without the common indentation.
        var lines: [String]
    }

    var paragraphs: [String] = []
    var sections: [Section] = []

    init(_ text: String?) {
        for line in (text ?? "").split(separator: "\n", omittingEmptySubsequences: false) {
            if let heading = Self.heading(line) {
                sections.append(Section(heading: heading, lines: []))
            } else if line.isEmpty {
                continue
            } else if sections.isEmpty {
                paragraphs.append(String(line))
            } else {
                sections[sections.count - 1].lines.append(String(line.drop { $0 == " " }))
            }
        }
    }

    private static func heading(_ line: Substring) -> String? {
        guard line.last == ":", line.count > 1 else { return nil }
        let words = line.dropLast()
        return words.allSatisfy { $0.isUppercase || $0 == " " } ? String(words) : nil
    }
}
