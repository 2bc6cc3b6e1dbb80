// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Collector
import Diagnosis
import Host
public import Model
import Report

extension Severity: ExpressibleByArgument {}

struct Diagnose: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diagnose",
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
              tcpwhy diagnose --save before   and, after a change: tcpwhy diagnose --baseline before
              tcpwhy diagnose --fail-on critical || alert
            """)

    @Option(
        name: [.short, .customLong("duration")],
        help: ArgumentHelp("Watch for so many seconds.", valueName: "seconds"))
    var duration = 10.0

    @OptionGroup var options: DiagnoseOptions

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Write to this file, at the end.", valueName: "file"))
    var file: String?

    @Flag(help: "Show every cause, every fix, and what was looked for and not found.")
    var all = false

    @Flag(help: "JSON Lines: an object per finding, a summary at the end.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "End with status 3 if a finding is at least so severe: info, warning, critical.",
            valueName: "severity"))
    var failOn: Severity?

    @Option(
        help: ArgumentHelp("Keep the findings in this file, for --baseline later.", valueName: "file"))
    var save: String?

    @Option(
        help: ArgumentHelp(
            "Say which findings are new and which are gone since that run; also of a file that another program "
                + "wrote anew, as JSON of up to 64 MiB.",
            valueName: "file"))
    var baseline: String?

    @Flag(help: "Show libbpf's log on standard error.")
    var verbose = false

    func validate() throws {
        try (0.01...86_400).require(duration, "-d", "seconds")
    }

    func run() throws {
        try Preflight.current().requireTracing()
        _ = try options.process.processID()
        Log.start(verbose: verbose)
        let earlier = try baseline.map(Self.read)
        let output = try Output.to(file, .whole)
        let saved = try save.map { try Output(path: $0, .whole) }
        try Output.refuseTwice(output, saved)
        var questions = options.questions
        questions.writesFiles = file != nil || save != nil
        let source = try Collector(
            questions, Pace(every: Self.lookInterval, duration: duration), note: Output.note)
        var progress: Progress?
        var reader = DiagnoseReader()
        let seen = try reader.read(source) { backends in
            progress = Progress("watching", backends: backends, seconds: duration)
        } progress: {
            progress?.show($0)
        }
        progress?.end()
        let report = Diagnosis().examine(options.filter(seen))
        let comparison = earlier?.compare(report)
        try saved?.write(DiagnosisJSON.write(report))
        try saved?.finish()
        if json {
            try output.write(DiagnosisJSON.write(report, comparison))
        } else {
            let text = DiagnosisText(style: Terminal.style(for: output), comparison: comparison, isWhole: all)
            try output.write(text: text.text(report))
        }
        try output.finish()
        if let failOn, report.findings.contains(where: { $0.severity >= failOn && $0.confidence > .possible })
        {
            throw ExitCode(3)
        }
    }

    /// Seconds between looks at queues; each walks the kernel's whole table of sockets,
    /// milliseconds of CPU time on a machine with much memory.
    private static let lookInterval = 1.0

    /// Bytes of a baseline.
    private static let largest = 64 << 20

    static func read(_ path: String) throws -> SavedFindings {
        let bytes: [UInt8]
        do throws(HostError) { bytes = try OpenFile(path).readAllBytes(path, limit: largest + 1) } catch {
            throw Failure.failed("--baseline: \(error)")
        }
        guard bytes.count <= largest else {
            throw Failure.failed(
                "--baseline: \(path) is longer than \(largest >> 20) MiB: no run writes as much")
        }
        do throws(SavedFindings.Damage) { return try SavedFindings(bytes) } catch {
            throw Failure.failed(
                "--baseline: \(path) was not written by 'tcpwhy diagnose --save': \(error.description)")
        }
    }
}
