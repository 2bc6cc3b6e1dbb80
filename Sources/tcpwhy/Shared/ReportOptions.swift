// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Collector
public import Model

extension Backend: ExpressibleByArgument {}

/// What the live commands have in common: how often, how long, where to.
struct ReportOptions: ParsableArguments {
    @Argument(help: "Seconds between reports, 0.01 to 86400.")
    var interval: Double?

    @Argument(help: "Number of reports; then the totals, and the end.")
    var count: Int?

    @Option(
        name: [.short, .customLong("duration")],
        help: ArgumentHelp("End after so many seconds.", valueName: "seconds"))
    var duration: Double?

    @Option(
        name: [.customShort("n"), .long],
        help: ArgumentHelp("Show at most so many rows.", valueName: "rows"))
    var top = 20

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Write to this file, from when tracing begins.", valueName: "file"))
    var file: String?

    @Option(
        help: ArgumentHelp(
            "Use fentry, kprobe or tracepoint, or fail; else the first that works.",
            valueName: "backend"))
    var backend: Backend?

    @Option(
        help: ArgumentHelp(
            "Looks at sockets, network namespaces and processes take so much of one CPU on the average; what "
                + "does not fit waits, the busiest first, and its age is shown.", valueName: "percent"))
    var lookBudget = 2.0

    @Flag(help: "Show libbpf's log on standard error.")
    var verbose = false

    func validate() throws {
        try (0.01...86_400).require(interval, "the interval", "seconds")
        try (1...1_000_000_000).require(count, "the number of reports")
        try (0.01...1e7).require(duration, "-d", "seconds")
        try (0.01...100).require(lookBudget, "--look-budget", "per cent of one CPU")
        try (1...1_000_000_000).require(top, "-n", "rows")
    }

    func apply(to questions: inout Questions) {
        questions.backend = backend
        questions.lookShare = lookBudget / 100
        questions.writesFiles = file != nil
    }

    /// - Parameter count: of reports, if none was asked for.
    func pace(count: Int? = nil) -> Pace {
        Pace(every: interval ?? 1, count: self.count ?? count, duration: duration)
    }
}
