// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Host
import Model
import Probes
import Report

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
        var options = SampleOptions()
        try pace.apply(to: &options)
        Log.start(verbose: report.verbose)
        try filter.apply(to: &options)
        let cgroup = try filter.cgroup.open()
        switch cgroup {
        case let group?: options.cgroup = group.descriptor
        case nil: break
        }
        let output = try Output(path: report.file)
        let view = HotspotsView(output: output, json: json, sort: sort, top: report.top)
        // Its descriptor is in `options`: it stays open until the maps have taken it.
        var session = try withExtendedLifetime(cgroup) {
            try HotspotsSession(
                options, searches: try searches(options), isFiltered: filter.isFilter, view: view)
        }
        try session.run(every: report.interval ?? 1, reports: report.count, seconds: report.duration)
    }

    /// Those of the same processes.
    private func searches(_ samples: SampleOptions) throws -> SearchWatch {
        var options = ConnectOptions()
        options.pid = samples.pid
        options.command = samples.command
        options.netns = samples.netns
        options.cgroup = samples.cgroup
        options.backend = report.backend
        return try SearchWatch(options, cpus: samples.cpus)
    }
}
