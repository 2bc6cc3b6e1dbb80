// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Collector
import Model
import Report

struct Ports: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ports",
        abstract: "Shows what each connect pays for its port, live.",
        discussion: """
            Per process and destination: connects, failures by errno, the time that the kernel \
            searched for an ephemeral port and how many ports it tried, the whole call; per \
            destination: the port range and how much of it is held. bind() to port 0 has rows of \
            its own. Times are in the unit shown; per-second figures are means of the interval.

            EXAMPLES:
              tcpwhy ports                    a table that redraws every second
              tcpwhy ports 5 12               every 5 seconds, 12 times
              tcpwhy ports -c nginx -P 9000   what nginx pays towards port 9000
              tcpwhy ports --failed --events  one line per connect that failed
              tcpwhy ports --json -d 10       JSON Lines for 10 seconds, then a summary
            """)

    @OptionGroup var report: ReportOptions

    @OptionGroup var filters: FilterOptions

    @Flag(help: "JSON Lines: one object per key and interval, a summary at the end.")
    var json = false

    @Flag(help: "One line per connect, when its outcome is known.")
    var events = false

    @Flag(help: "Distributions of search time and ports tried, by powers of two.")
    var histogram = false

    @Option(help: ArgumentHelp("What the rows are ordered by.", valueName: "column"))
    var sort: PortsSort = .search

    @Flag(
        help: "Count each port that is checked (dearer), even where the number can be derived.")
    var countCalls = false

    func validate() throws {
        if events && histogram {
            throw ValidationError("--events and --histogram are two outputs: choose one")
        }
    }

    func run() throws {
        try Preflight.current().requireTracing()
        Log.start(verbose: report.verbose)
        var questions = Questions()
        var ports = PortsQuestion()
        try filters.apply(to: &questions, &ports)
        report.apply(to: &questions)
        ports.countsCalls = countCalls
        ports.events = events
        ports.ranges = .always
        questions.ports = ports
        let source = try Collector(questions, report.pace(), note: Output.note)
        let output = try Output.to(report.file, .growing)
        var reader = PortsReader(view(for: output))
        try reader.read(source)
        try output.finish()
    }

    private func view(for output: Output) -> PortsView {
        let form: PortsView.Form =
            switch (json, events, histogram) {
            case (true, true, _): .jsonEvents
            case (true, false, _): .json
            case (false, true, _): .events
            case (false, false, true): .histogram
            case (false, false, false): .table
            }
        return PortsView(output: output, form: form, sort: sort, top: report.top)
    }
}
