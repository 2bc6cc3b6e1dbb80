// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Host
public import Model
import Probes
import Report
import Stacks

extension StackWeight: ExpressibleByArgument {}

struct Profile: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile",
        abstract:
            "Shows where CPU time, port searches or dropped packets come from, as stacks or a flame graph.",
        discussion: """
            Interrupts each CPU at a frequency and takes down the stacks of the process and of \
            the kernel; they are counted in the kernel, and named when the trace ends. Writes \
            folded stacks, as 'tcpwhy flame' and the flamegraph tools take them: the process's \
            name, its frames, and the kernel's, marked _[k]. User frames come from frame pointers.

            With --weight it traces instead of sampling, and a stack has as much as it cost: \
            port-time the nanoseconds of port searches, ports-tried the ports that they tried, \
            drops the packets that were dropped. The first two add up to what 'tcpwhy ports' shows, \
            binds to port 0 included (of which the ports tried are not known); they take fentry or \
            kprobes. Drops have the kernel's stack alone, with the reason as its last frame: the \
            kernel's, or for a SYN that a listening socket dropped the cause, as 'tcpwhy drops --json' \
            names it. They are the packets that 'tcpwhy drops' counts, and these SYNs.

            EXAMPLES:
              tcpwhy profile -d 10 >cpu.folded           everything, for 10 seconds
              tcpwhy profile -d 10 --svg cpu.svg         the picture
              tcpwhy profile -c nginx -F 999 -d 5        nginx, 999 samples a second and CPU
              tcpwhy profile --json -d 10                a line per stack, and a summary
              tcpwhy profile --weight port-time -d 10 --svg ports.svg
                                                         who waits for a port, and how long
              tcpwhy profile --weight drops -d 10        by which way packets come to be dropped
            """)

    @Option(
        name: [.short, .customLong("duration")],
        help: ArgumentHelp("End after so many seconds; else with Ctrl-C.", valueName: "seconds"))
    var duration: Double?

    @Option(help: ArgumentHelp("What a stack is as wide as.", valueName: "weight"))
    var weight: StackWeight = .cpu

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

    @Option(
        help: ArgumentHelp(
            "With --weight: use fentry, kprobe or (drops) tracepoint, or fail; else the first that works.",
            valueName: "backend"))
    var backend: Backend?

    @Flag(help: "Show libbpf's log on standard error.")
    var verbose = false

    func validate() throws {
        if let duration, !(duration > 0 && duration <= 1e6) {
            throw ValidationError("-d is a number of seconds above 0, not \(duration)")
        }
        if userStacks && kernelStacks {
            throw ValidationError("-U and -K each leave out what the other wants")
        }
        if let conflict { throw ValidationError(conflict) }
    }

    /// What goes with another weight only.
    private var conflict: String? {
        if weight == .cpu {
            return backend == nil ? nil : "--backend goes with another --weight: samples need none"
        }
        if filter.cpus != nil {
            return "-C says which CPUs to sample; --weight \(weight.rawValue) takes no samples"
        }
        if pace.frequency != nil {
            return "-F says how often to sample; --weight \(weight.rawValue) takes no samples"
        }
        guard weight == .drops else { return nil }
        if filter.process.isFilter {
            return "-p and -c: a dropped packet is no process's, it interrupts any; --netns and --cgroup work"
        }
        return userStacks ? "-U: a dropped packet has no process's stack" : nil
    }

    func run() throws {
        try Preflight.current().requireTracing()
        Log.start(verbose: verbose)
        switch weight {
        case .cpu: try sample()
        case .portTime, .portsTried: try weighSearches()
        case .drops: try weighDrops()
        }
    }

    private func sample() throws {
        var options = SampleOptions()
        try pace.apply(to: &options)
        let output = try ProfileOutput(file: file, svg: svg, json: json)
        try filter.apply(to: &options)
        let cgroup = try filter.cgroup.open()
        switch cgroup {
        case let group?: options.cgroup = group.descriptor
        case nil: break
        }
        // Its descriptor is in `options`: it stays open until the map has taken it.
        var session = try withExtendedLifetime(cgroup) {
            try ProfileSession(options, parts, keepsProcesses: json)
        }
        let (stacks, run) = try session.run(seconds: duration)
        let subtitle = ProfileText.subtitle(run)
        try output.write(stacks, picture(subtitle)) { ProfileJSON.write(stacks, run) }
        Output.error("tcpwhy: \(ProfileText.summary(run))\n")
    }

    private func weighSearches() throws {
        let output = try ProfileOutput(file: file, svg: svg, json: json)
        var options = ConnectOptions()
        try filter.apply(to: &options)
        options.backend = backend
        let cgroup = try filter.cgroup.open()
        switch cgroup {
        case let group?: options.cgroup = group.descriptor
        case nil: break
        }
        // Its descriptor is in `options`: it stays open until the map has taken it.
        var session = try withExtendedLifetime(cgroup) {
            try SearchProfile(options, weight, parts, keepsProcesses: json)
        }
        let (stacks, run) = try session.run(seconds: duration)
        try finish(stacks, run, output)
    }

    private func weighDrops() throws {
        let output = try ProfileOutput(file: file, svg: svg, json: json)
        var session = try DropProfile(
            netns: try filter.namespace.inode(), cgroup: try filter.cgroup.id(), backend: backend)
        let (stacks, run) = try session.run(seconds: duration)
        try finish(stacks, run, output)
    }

    private func finish(_ stacks: [NamedStack], _ run: WeighedRun, _ output: ProfileOutput) throws {
        try output.write(stacks, picture(WeighedText.subtitle(run))) { WeighedJSON.write(stacks, run) }
        Output.error("tcpwhy: \(WeighedText.summary(run))\n")
    }

    private var parts: ProfileSession.Parts {
        ProfileSession.Parts(kernel: !userStacks, user: !kernelStacks)
    }

    private func picture(_ subtitle: String) -> FlameOptions {
        var options = FlameOptions()
        options.title = WeighedText.title(weight)
        options.subtitle = subtitle
        options.countName = weight.unit
        return options
    }
}
