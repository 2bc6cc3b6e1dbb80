// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Host
import Probes

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
            throw ValidationError("--cpu: '\(cpus)' is no list of CPUs, like 0-3,8")
        }
    }

    /// Whether it says no to any process; CPUs aside.
    var isFilter: Bool { process.isFilter || cgroup.isFilter || namespace.isFilter }

    /// The filters as the probe takes them, but for the cgroup.
    func apply(to options: inout SampleOptions) throws {
        options.pid = try process.processID()
        options.command = process.command
        options.netns = try namespace.inode()
        guard let cpus, let list = CPUList.parse(cpus) else { return }
        let online = Set((try? CPUList.online()) ?? list)
        if let missing = list.first(where: { !online.contains($0) }) {
            throw Failure.failed("CPU \(missing) is not online")
        }
        options.cpus = list
    }

    /// The same for searches for a port, which are not told apart by CPU.
    func apply(to options: inout ConnectOptions) throws {
        options.pid = try process.processID()
        options.command = process.command
        options.netns = try namespace.inode()
    }
}
