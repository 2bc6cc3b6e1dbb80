// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Host
import Probes

/// Whose turns on the CPU to sample, or whose searches to trace; the kernel applies all of them.
struct ProcessFilter: ParsableArguments {
    @Option(name: .shortAndLong, help: "Only this process.")
    var pid: Int32?

    @Option(
        name: [.short, .customLong("comm")],
        help: ArgumentHelp(
            "Only processes of this name, as ps shows it (15 characters count).", valueName: "name"))
    var command: String?

    @Option(
        help: ArgumentHelp("Only this cgroup (version 2) and what is below it.", valueName: "path"))
    var cgroup: String?

    @Option(
        help: ArgumentHelp(
            "Only this network namespace: a name (ip netns), an inode, a path, or pid:N.",
            valueName: "namespace"))
    var netns: String?

    @Option(
        name: [.customShort("C"), .customLong("cpu")],
        help: ArgumentHelp("Only these CPUs: 0-3,8.", valueName: "list"))
    var cpus: String?

    func validate() throws {
        if let pid, pid <= 0 { throw ValidationError("a process id is positive, not \(pid)") }
        if let command, command.isEmpty { throw ValidationError("-c needs a name") }
        if let cpus, CPUList.parse(cpus) == nil {
            throw ValidationError("--cpu: '\(cpus)' is no list of CPUs, like 0-3,8")
        }
    }

    /// Whether it says no to any process; CPUs aside.
    var isFilter: Bool { pid != nil || command != nil || cgroup != nil || netns != nil }

    /// The filters as the probe takes them, but for the cgroup.
    func apply(to options: inout SampleOptions) throws {
        options.pid = try processID()
        options.command = command
        options.netns = try namespaceInode()
        guard let cpus, let list = CPUList.parse(cpus) else { return }
        let online = Set((try? CPUList.online()) ?? list)
        if let missing = list.first(where: { !online.contains($0) }) {
            throw Failure.failed("CPU \(missing) is not online")
        }
        options.cpus = list
    }

    /// The same for searches for a port, which are not told apart by CPU.
    func apply(to options: inout ConnectOptions) throws {
        options.pid = try processID()
        options.command = command
        options.netns = try namespaceInode()
    }

    private func processID() throws -> UInt32? {
        guard let pid else { return nil }
        guard Processes.exists(pid) else { throw Failure.failed("no process has the id \(pid)") }
        return UInt32(pid)
    }

    /// The cgroup's `id`, for sockets that were made in it.
    func cgroupID() throws -> UInt64? {
        guard let cgroup else { return nil }
        do throws(HostError) { return try Cgroup(cgroup).id } catch { throw Failure.failed("\(error)") }
    }

    func namespaceInode() throws -> UInt32? { try netns.map { try OpenNamespace(named: $0).inode } }

    /// The cgroup to filter by; it must stay open until the programs are loaded.
    func openCgroup() throws -> Cgroup? {
        guard let cgroup else { return nil }
        do throws(HostError) { return try Cgroup(cgroup) } catch { throw Failure.failed("\(error)") }
    }
}
