// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Diagnosis
import Model
import Report

struct Diagnose: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says why TCP throughput fell: the causes, their evidence, and what to do.",
        discussion: """
            Traces connects, listening sockets, dropped packets and the CPUs together for ten \
            seconds, then names the causes, those that cost most first, each with the numbers \
            it rests on and the command that mends it. Nothing is changed: what to type is \
            printed, not done. 'tcpwhy explain' tells more of a finding.

            A finding is certain, likely or only possible; what follows from another stands \
            under it. With --fail-on the exit status is 3 if one is at least so severe, and \
            more than possible.

            EXAMPLES:
              tcpwhy                          ten seconds, then what was found
              tcpwhy diagnose -d 30           thirty
              tcpwhy diagnose --netns blue    in one network namespace
              tcpwhy diagnose -P 443 -c nginx what concerns nginx's port 443
              tcpwhy diagnose --json          a line per finding, and a summary
              tcpwhy diagnose --fail-on critical || alert
            """)

    @Option(
        name: [.short, .customLong("duration")],
        help: ArgumentHelp("Watch for so many seconds.", valueName: "seconds"))
    var duration = 10.0

    @OptionGroup var options: DiagnoseOptions

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Write to this file.", valueName: "file"))
    var file: String?

    @Flag(help: "JSON Lines: an object per finding, a summary at the end.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "End with status 3 if a finding is at least so severe: info, warning, critical.",
            valueName: "severity"))
    var failOn: Severity?

    @Flag(help: "Show libbpf's log on standard error.")
    var verbose = false

    func validate() throws {
        if !(duration > 0 && duration <= 86_400) {
            throw ValidationError("-d is a number of seconds above 0 and up to 86400, not \(duration)")
        }
    }

    func run() throws {
        try Preflight.current().requireTracing()
        try options.check()
        Log.start(verbose: verbose)
        let output = try Output(path: file)
        let session = try DiagnoseSession(options)
        let progress = Progress("watching", backends: session.backends, seconds: duration)
        let seen = try session.run(seconds: duration) { progress.show($0) }
        progress.end()
        let report = Diagnosis().examine(options.filter(seen))
        if json {
            try output.write(DiagnosisJSON.write(report))
        } else {
            try output.write(DiagnosisText(style: Terminal.style(for: output)).text(report))
        }
        if let failOn, report.findings.contains(where: { $0.severity >= failOn && $0.confidence > .possible })
        {
            throw ExitCode(3)
        }
    }
}
