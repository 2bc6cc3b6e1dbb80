// SPDX-License-Identifier: Apache-2.0

/// The manual page of a command and its subcommands, in man(7).
struct ManPage {
    let root: Command
    let version: String

    func text() -> String {
        var page = Roff()
        let name = root.commandName
        page.comment("Made by `make docs` from the argument definitions: change those.")
        page.request("TH", [name.uppercased(), "1", "", "\(name) \(version)", "User Commands"])
        page.request("SH", ["NAME"])
        page.line("\(name) \\- \(Roff.escape(Self.withoutPeriod(root.abstract ?? "")))")
        page.request("SH", ["SYNOPSIS"])
        for command in commands { synopsis(command, to: &page) }
        page.request("SH", ["DESCRIPTION"])
        let about = Discussion(root.discussion)
        page.paragraphs(about.paragraphs)
        page.request("SH", ["COMMANDS"])
        for command in commands { describe(command, to: &page) }
        page.request("SH", ["OPTIONS OF ALL COMMANDS"])
        options(shown(root), to: &page)
        for command in commands {
            for section in Discussion(command.discussion).sections { self.section(section, to: &page) }
        }
        for section in about.sections { self.section(section, to: &page) }
        return page.text
    }

    private var commands: [Command] {
        (root.subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
    }

    private func shown(_ command: Command) -> [Argument] {
        (command.arguments ?? []).filter(\.shouldDisplay)
    }

    /// Those that not every command has.
    private func own(_ command: Command) -> [Argument] {
        let common = Set(shown(root).flatMap { $0.names ?? [] }.map(\.text))
        return shown(command).filter { argument in
            !(argument.names ?? []).contains { common.contains($0.text) }
        }
    }

    private func synopsis(_ command: Command, to page: inout Roff) {
        var words = ["\\fB\(root.commandName) \(command.commandName)\\fR"]
        if own(command).contains(where: { $0.kind != .positional }) { words.append("[\\fIoptions\\fR]") }
        words += own(command).filter { $0.kind == .positional }.map {
            $0.isOptional ? "[\(Roff.italic($0.valueName))]" : Roff.italic($0.valueName)
        }
        page.line(words.joined(separator: " "))
        page.request("br")
    }

    private func describe(_ command: Command, to page: inout Roff) {
        page.request("SS", [command.commandName])
        page.paragraphs([command.abstract ?? ""] + Discussion(command.discussion).paragraphs)
        options(own(command), to: &page)
    }

    private func options(_ arguments: [Argument], to page: inout Roff) {
        for argument in arguments {
            page.request("TP")
            // As elsewhere: the short name first, then the long.
            let names = (argument.names ?? []).sorted { $0.text.count < $1.text.count }
            var tag = names.map { "\\fB\(Roff.escape($0.text))\\fR" }.joined(separator: ", ")
            if argument.kind != .flag {
                tag += (tag.isEmpty ? "" : " ") + Roff.italic(argument.valueName)
            }
            page.line(tag)
            page.line(Roff.escape(Self.sentence(argument)))
        }
    }

    private func section(_ section: Discussion.Section, to page: inout Roff) {
        page.request("SH", [section.heading])
        // Two columns, the second after two spaces or more, as in the help.
        for line in section.lines {
            page.request("TP")
            guard let gap = line.range(ofSpaces: 2) else {
                page.line(Roff.escape(line))
                continue
            }
            page.line("\\fB\(Roff.escape(String(line[..<gap.lowerBound])))\\fR")
            page.line(Roff.escape(String(line[gap.upperBound...])))
        }
    }

    private static func sentence(_ argument: Argument) -> String {
        var sentences = [argument.abstract ?? ""]
        if let values = argument.allValues { sentences.append("One of \(values.joined(separator: ", ")).") }
        if let value = argument.defaultValue { sentences.append("Default: \(value).") }
        return sentences.joined(separator: " ")
    }

    private static func withoutPeriod(_ text: String) -> String {
        (text.first?.lowercased() ?? "") + (text.last == "." ? text.dropFirst().dropLast() : text.dropFirst())
    }
}

extension String {
    /// The first run of at least `count` spaces.
    fileprivate func range(ofSpaces count: Int) -> Range<String.Index>? {
        var start = startIndex
        while let from = self[start...].firstIndex(of: " ") {
            let to = self[from...].firstIndex { $0 != " " } ?? endIndex
            if distance(from: from, to: to) >= count { return from..<to }
            start = to
        }
        return nil
    }
}
