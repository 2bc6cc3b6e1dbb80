// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Diagnosis
import Model
import Report

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tells the background of a finding: what the kernel does, and where.",
        discussion: """
            Without an argument all findings, a line each. Needs no root.

            EXAMPLES:
              tcpwhy explain
              tcpwhy explain accept-queue-overflow
            """)

    @Argument(help: ArgumentHelp("A finding, as 'tcpwhy diagnose' names it.", valueName: "finding"))
    var finding: String?

    func run() throws {
        let output = try Output()
        let text = ExplanationText(style: Terminal.style(for: output))
        guard let finding else {
            return try output.write(
                text: text.list(FindingID.allCases.map { ($0.rawValue, Background.of($0).title) }))
        }
        guard let id = FindingID(rawValue: finding) else {
            let near = NearNames.of(finding, among: FindingID.allCases.map(\.rawValue))
            throw Failure.usage(
                "there is no finding '\(finding)'"
                    + (near.isEmpty
                        ? "; 'tcpwhy explain' lists them" : "; is it \(near.joined(separator: ", or "))?"))
        }
        let background = Background.of(id)
        try output.write(
            text: text.paragraphs(
                id.rawValue, background.title,
                [
                    ("What happens", background.kernel), ("How it is measured", background.measured),
                    ("Easily mistaken", background.mistaken), ("More", background.sources),
                ]))
    }
}
