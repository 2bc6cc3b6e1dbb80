// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Host
import Model
import Probes
import Report

struct Ports: ParsableCommand {
    static let configuration = CommandConfiguration(
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

    @Argument(help: "Seconds between reports.")
    var interval: Double?

    @Argument(help: "Number of reports; then the totals, and the end.")
    var count: Int?

    @OptionGroup var filters: FilterOptions

    @Option(
        name: [.short, .customLong("duration")],
        help: ArgumentHelp("End after so many seconds.", valueName: "seconds"))
    var duration: Double?

    @Flag(help: "JSON Lines: one object per key and interval, a summary at the end.")
    var json = false

    @Flag(help: "One line per connect, when its outcome is known.")
    var events = false

    @Flag(help: "Distributions of search time and ports tried, by powers of two.")
    var histogram = false

    @Option(help: ArgumentHelp("What the rows are ordered by.", valueName: "column"))
    var sort: PortsSort = .search

    @Option(
        name: [.customShort("n"), .long],
        help: ArgumentHelp("Show at most so many rows.", valueName: "rows"))
    var top = 20

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Write to this file.", valueName: "file"))
    var file: String?

    @Option(
        help: ArgumentHelp(
            "Use fentry, kprobe or tracepoint, or fail; else the first that works.",
            valueName: "backend"))
    var backend: Backend?

    @Flag(
        help: "Count each port that is checked (dearer), even where the number can be derived.")
    var countCalls = false

    @Flag(help: "Show libbpf's log on standard error.")
    var verbose = false

    func validate() throws {
        if let interval, !(interval > 0 && interval <= 86_400) {
            throw ValidationError("the interval is a number of seconds above 0, not \(interval)")
        }
        if let count, count <= 0 {
            throw ValidationError("the number of reports is above 0, not \(count)")
        }
        if let duration, !(duration > 0 && duration <= 1e7) {
            throw ValidationError("-d is a number of seconds above 0, not \(duration)")
        }
        if top <= 0 { throw ValidationError("-n is above 0, not \(top)") }
        if events && histogram {
            throw ValidationError("--events and --histogram are two outputs: choose one")
        }
    }

    func run() throws {
        try Preflight.current().requireTracing()
        Log.start(verbose: verbose)
        var options = ConnectOptions()
        try filters.apply(to: &options)
        let cgroup = try filters.openCgroup()
        switch cgroup {
        case let group?: options.cgroup = group.descriptor
        case nil: break
        }
        options.events = events
        options.countCalls = countCalls
        options.backend = backend
        if events { options.ringBytes = 1 << 23 }
        let output = try Output(path: file)
        // Its descriptor is in `options`: it stays open until the map has taken it.
        var session = try withExtendedLifetime(cgroup) {
            try PortsSession(options, view: view(for: output), interval: interval ?? 1)
        }
        try session.run(reports: count, seconds: duration)
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
        return PortsView(output: output, form: form, sort: sort, top: top)
    }
}
