// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Collector
public import Model

extension Backend: ExpressibleByArgument {}

/// What the live commands have in common: how often, how long, where to.
struct ReportOptions: ParsableArguments {
    @Argument(help: "Seconds between reports.")
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
        help: ArgumentHelp("Write to this file.", valueName: "file"))
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
        if let interval, !(interval > 0 && interval <= 86_400) {
            throw ValidationError("the interval is a number of seconds above 0, not \(interval)")
        }
        if let count, count <= 0 {
            throw ValidationError("the number of reports is above 0, not \(count)")
        }
        if let duration, !(duration > 0 && duration <= 1e7) {
            throw ValidationError("-d is a number of seconds above 0, not \(duration)")
        }
        if !(lookBudget > 0 && lookBudget <= 100) {
            throw ValidationError(
                "--look-budget is per cent of one CPU, above 0 and up to 100, not \(lookBudget)")
        }
        if top <= 0 { throw ValidationError("-n is above 0, not \(top)") }
    }

    /// - Parameter count: of reports, if none was asked for.
    func pace(count: Int? = nil) -> Pace {
        Pace(every: interval ?? 1, count: self.count ?? count, duration: duration)
    }
}
