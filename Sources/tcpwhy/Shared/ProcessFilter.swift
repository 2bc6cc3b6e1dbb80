// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Collector
import Host

/// Whose turns on the CPU to sample, or whose searches to trace; the kernel applies all of them.
struct ProcessFilter: ParsableArguments {
    @OptionGroup var process: ProcessOptions

    @OptionGroup var cgroup: CgroupOption

    @OptionGroup var namespace: NamespaceOption

    @Option(
        name: [.customShort("C"), .customLong("cpu")],
        help: ArgumentHelp("Only these CPUs: 0-3,8.", valueName: "list"))
    var cpus: String?

    func validate() throws {
        if let cpus, CPUList.parse(cpus) == nil {
            throw ValidationError(saying: "--cpu: '\(cpus)' is no list of CPUs, like 0-3,8")
        }
    }

    /// What a collector must know of it, but for CPUs.
    func apply(to questions: inout Questions) throws {
        questions.pid = try process.processID()
        questions.command = process.command
        questions.netns = namespace.netns
        questions.cgroup = cgroup.cgroup
    }

    /// The only CPUs to sample; `nil`: all.
    func onlineCPUs() throws -> [Int32]? {
        guard let cpus, let list = CPUList.parse(cpus) else { return nil }
        let online = Set(try CPUList.online())
        if let missing = list.first(where: { !online.contains($0) }) {
            throw Failure.failed("CPU \(missing) is not online")
        }
        return list
    }
}

/// How often each CPU is sampled.
struct SamplingFrequency: ParsableArguments {
    @Option(
        name: [.customShort("F"), .long],
        help: ArgumentHelp("Samples a second and CPU; 99 if not given.", valueName: "hertz"))
    var frequency: UInt64?

    func validate() throws {
        try (1...1_000_000).require(frequency, "-F", "samples a second")
    }

    func apply(to samples: inout SamplesQuestion) throws {
        guard let frequency else { return }
        samples.frequency = frequency
        let name = "kernel.perf_event_max_sample_rate"
        guard let most = try? Sysctl.integer(name), frequency > most else { return }
        throw Failure.failed(
            "the kernel takes at most \(most) samples a second (\(name)), not \(frequency)\n"
                + "sysctl -w \(name)=\(frequency) allows it; it lowers that by itself when samples take long")
    }
}
