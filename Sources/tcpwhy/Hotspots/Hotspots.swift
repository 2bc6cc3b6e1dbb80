// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Collector
import Model
public import Report

extension HotspotsSort: ExpressibleByArgument {}

struct Hotspots: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hotspots",
        abstract: "Shows which functions take the CPUs' time, live; and what of it is the search for a port.",
        discussion: """
            Interrupts each CPU at a frequency and counts the functions it finds: SELF is the share of \
            the samples in which a function ran itself, TOTAL that in which it ran or something that it \
            called. 100 % is all samples that were taken, of what the filters let through; an idle CPU \
            gives none, so the CPUs' busy time is shown beside it. [k] is the kernel, [.] a process; user \
            stacks come from frame pointers.

            PORT ALLOCATION has the functions that give a connect or a bind to port 0 its port, and \
            the share of the samples in which the kernel searched for one. With fentry or kprobes the \
            searches are also timed, each from its begin to its end: the share of all CPU time, \
            idle time included. Where that is not to be had it says why.

            EXAMPLES:
              tcpwhy hotspots                  a table that redraws every second
              tcpwhy hotspots 5 12             every 5 seconds, 12 times, then the totals
              tcpwhy hotspots -c nginx -F 999  nginx, 999 samples a second and CPU
              tcpwhy hotspots --sort total     callers first
              tcpwhy hotspots --json -d 10     JSON Lines for 10 seconds, then a summary
            """)

    @OptionGroup var report: ReportOptions

    @OptionGroup var pace: SamplingFrequency

    @OptionGroup var filter: ProcessFilter

    @Flag(help: "JSON Lines: one object per function and interval, a summary at the end.")
    var json = false

    @Option(help: ArgumentHelp("What the rows are ordered by.", valueName: "column"))
    var sort: HotspotsSort = .own

    func run() throws {
        try Preflight.current().requireTracing()
        var samples = SamplesQuestion(.functions)
        try pace.apply(to: &samples)
        Log.start(verbose: report.verbose)
        var questions = Questions()
        try filter.apply(to: &questions)
        samples.cpus = try filter.onlineCPUs()
        report.apply(to: &questions)
        questions.samples = samples
        // Searches are not told apart by CPU.
        if samples.cpus == nil {
            var searches = PortsQuestion()
            searches.form = .searches
            searches.need = .unlessRefused
            questions.ports = searches
        }
        let source = try Collector(questions, report.pace(), note: Output.note)
        let output = try Output.to(report.file, .growing)
        try HotspotsReader(
            view: HotspotsView(output: output, json: json, sort: sort, top: report.top)
        ).read(source)
        try output.finish()
    }
}
