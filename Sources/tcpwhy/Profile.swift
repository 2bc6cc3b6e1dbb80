// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Host
import Model
import Probes
import Report
import Stacks

struct Profile: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Samples what the CPUs run: folded stacks, or a flame graph.",
        discussion: """
            Interrupts each CPU at a frequency and takes down the stacks of the process and of \
            the kernel; they are counted in the kernel, and named when the trace ends. Writes \
            folded stacks, as 'tcpwhy flame' and the flamegraph tools take them: the process's \
            name, its frames, and the kernel's, marked _[k]. User frames come from frame pointers.

            EXAMPLES:
              tcpwhy profile -d 10 >cpu.folded           everything, for 10 seconds
              tcpwhy profile -d 10 --svg cpu.svg         the picture
              tcpwhy profile -c nginx -F 999 -d 5        nginx, 999 samples a second and CPU
              tcpwhy profile --json -d 10                a line per stack, and a summary
            """)

    @Option(
        name: [.short, .customLong("duration")],
        help: ArgumentHelp("End after so many seconds; else with Ctrl-C.", valueName: "seconds"))
    var duration: Double?

    @OptionGroup var pace: SamplingFrequency

    @OptionGroup var filter: ProcessFilter

    @Flag(name: [.customShort("U"), .long], help: "Only the process's stacks, without the kernel's.")
    var userStacks = false

    @Flag(name: [.customShort("K"), .long], help: "Only the kernel's stacks, without the process's.")
    var kernelStacks = false

    @Option(help: ArgumentHelp("Draw a flame graph into this file.", valueName: "file"))
    var svg: String?

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp(
            "Write folded stacks to this file; else to standard output (with --svg, unless that is a terminal).",
            valueName: "file"))
    var file: String?

    @Flag(help: "JSON Lines: an object per process and stack, a summary at the end.")
    var json = false

    @Flag(help: "Show libbpf's log on standard error.")
    var verbose = false

    func validate() throws {
        if let duration, !(duration > 0 && duration <= 1e6) {
            throw ValidationError("-d is a number of seconds above 0, not \(duration)")
        }
        if userStacks && kernelStacks {
            throw ValidationError("-U and -K each leave out what the other wants")
        }
    }

    func run() throws {
        try Preflight.current().requireTracing()
        var options = SampleOptions()
        try pace.apply(to: &options)
        Log.start(verbose: verbose)
        // What cannot be written is not worth a trace.
        let picture = try svg.map { try Output(path: $0) }
        // A picture on demand leaves a terminal alone.
        let output = try Output(path: file)
        let text = svg != nil && output.isTerminal ? nil : output
        try filter.apply(to: &options)
        let cgroup = try filter.openCgroup()
        switch cgroup {
        case let group?: options.cgroup = group.descriptor
        case nil: break
        }
        // Its descriptor is in `options`: it stays open until the map has taken it.
        var session = try withExtendedLifetime(cgroup) { try ProfileSession(options) }
        var run = try session.run(seconds: duration)
        if userStacks { run.samples.dropKernelStacks() }
        if kernelStacks { run.samples.dropUserStacks() }
        let stacks = session.named(run.samples)
        if json {
            try text?.write(ProfileJSON.write(stacks, run))
        } else if let text {
            try FoldedProfile.write(stacks) { try text.write($0) }
        }
        if let picture {
            var options = FlameOptions()
            options.title = "CPU"
            options.subtitle = ProfileText.subtitle(run)
            try FlameGraph(options).write(FoldedProfile.counts(stacks)) { try picture.write($0) }
        }
        Output.error("tcpwhy: \(ProfileText.summary(run))\n")
    }
}
