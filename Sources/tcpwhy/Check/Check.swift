// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Shows what can be traced here, and why not the rest.",
        discussion: """
            Tries each probe with each backend by attaching and removing it again. Exits with 77 \
            if nothing can be traced.
            """)

    @Flag(help: "One JSON object instead of text.")
    var json = false

    func run() throws {
        let findings = CheckFindings.gather()
        let output = try Output()
        if json {
            try output.write(CheckReport.json(findings))
        } else {
            try output.write(text: CheckReport.text(findings))
        }
        if !findings.canTrace { throw Failure(code: 77, message: "\(lines: findings.verdict)") }
    }
}
