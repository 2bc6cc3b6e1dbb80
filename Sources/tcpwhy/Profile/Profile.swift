// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import BPF
import Collector
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
            the kernel; they are counted in the kernel, and named when their process ends, or the trace. Writes \
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
        try (0.01...1e7).require(duration, "-d", "seconds")
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
        var question = SamplesQuestion(.stacks(naming))
        try pace.apply(to: &question)
        let output = try ProfileOutput(file: file, svg: svg, json: json)
        var questions = try questions
        question.cpus = try filter.onlineCPUs()
        questions.samples = question
        let ends = try ends(of: questions) { first in
            if let samples = first.samples.value { Output.sampling(samples.sampling) }
        }
        guard let first = ends.first.samples.value, let last = ends.last.samples.value else { return }
        let samples = last.since(first)
        let run = ProfileRun(samples)
        let stacks = samples.stacks?.stacks ?? []
        let subtitle = ProfileText.subtitle(run)
        try output.write(stacks, picture(subtitle)) { ProfileJSON.write(stacks, run) }
        Output.note(ProfileText.summary(run))
    }

    private func weighSearches() throws {
        let output = try ProfileOutput(file: file, svg: svg, json: json)
        var questions = try questions
        questions.backend = backend
        var ports = PortsQuestion()
        ports.form = .searchStacks(weight, naming)
        questions.ports = ports
        let ends = try ends(of: questions) { first in
            guard let ports = first.ports.value else { return }
            if weight == .portsTried, ports.method == nil {
                throw Failure.cannotTrace(
                    "no --weight ports-tried: nothing here shows how many ports a search tried")
            }
            Output.tracing(ports.backend)
        }
        guard let first = ends.first.ports.value, let last = ends.last.ports.value else { return }
        let run = WeighedRun.searches(weight, from: first, to: last)
        try finish(last.searches?.rows.stacks ?? [], run, output)
    }

    private func weighDrops() throws {
        let output = try ProfileOutput(file: file, svg: svg, json: json)
        var questions = try questions
        questions.backend = backend
        questions.ways = true
        let ends = try ends(of: questions) { first in
            if let ways = first.ways.value { Output.tracing(ways.backend) }
        }
        guard let first = ends.first.ways.value, let last = ends.last.ways.value else { return }
        try finish(last.stacks.rows.stacks, WeighedRun.drops(from: first, to: last), output)
    }

    /// Of whom, and where to.
    private var questions: Questions {
        get throws {
            var questions = Questions()
            questions.writesFiles = file != nil || svg != nil
            try filter.apply(to: &questions)
            return questions
        }
    }

    private var naming: StackNaming {
        StackNaming(kernel: !userStacks, user: !kernelStacks, keepsProcesses: json)
    }

    /// A trace from its beginning to its end.
    /// - Parameter begin: is told when it begins.
    private func ends(
        of questions: Questions, _ begin: (Snapshot) throws -> Void
    ) throws -> (first: Snapshot, last: Snapshot) {
        // The kernel's tables hold what was since the last look; what it leads to is read then, and the
        // end does not wait for it.
        let pace = Pace(every: 1, duration: duration)
        var source = try Collector(questions, pace, note: Output.note)
        var first: Snapshot?
        while let update = try next(&source) {
            guard let snapshot = update.snapshot else { continue }
            guard let first else {
                try begin(snapshot)
                first = snapshot
                continue
            }
            if update.isLast { return (first, snapshot) }
        }
        throw Failure.failed("the trace ended before it began")
    }

    private func next(_ source: inout some SnapshotSource) throws -> Update? {
        do { return try source.next() } catch let error as BPFError where weight != .cpu {
            throw Failure(
                code: Failure(error).code, message: "no --weight \(weight.rawValue): \(error)")
        }
    }

    private func finish(_ stacks: [NamedStack], _ run: WeighedRun, _ output: ProfileOutput) throws {
        try output.write(stacks, picture(WeighedText.subtitle(run))) { WeighedJSON.write(stacks, run) }
        Output.note(WeighedText.summary(run))
    }

    private func picture(_ subtitle: String) -> FlameOptions {
        var options = FlameOptions()
        options.title = WeighedText.title(weight)
        options.subtitle = subtitle
        options.countName = weight.unit
        return options
    }
}
