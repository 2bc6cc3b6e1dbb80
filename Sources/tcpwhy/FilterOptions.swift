// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Glibc
import Host
public import Model
import Probes
public import Report

extension PortsSort: ExpressibleByArgument {}
extension HotspotsSort: ExpressibleByArgument {}
extension Backend: ExpressibleByArgument {}
extension Severity: ExpressibleByArgument {}

/// The filters, all of which the kernel applies.
struct FilterOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "Only this process.")
    var pid: Int32?

    @Option(
        name: [.short, .customLong("comm")],
        help: ArgumentHelp(
            "Only processes of this name, as ps shows it (15 characters count).", valueName: "name"))
    var command: String?

    @Option(name: [.customShort("P"), .long], help: "Only this destination port.")
    var port: UInt16?

    @Option(
        help: ArgumentHelp(
            "Only this destination: an address or a block of them, IPv4 or IPv6.",
            valueName: "address[/bits]"))
    var dest: String?

    @Option(
        help: ArgumentHelp("Only this cgroup (version 2) and what is below it.", valueName: "path"))
    var cgroup: String?

    @Option(
        help: ArgumentHelp(
            "Only this network namespace: a name (ip netns), an inode, a path, or pid:N.",
            valueName: "namespace"))
    var netns: String?

    @Flag(help: "Only connects that fail.")
    var failed = false

    func validate() throws {
        if let pid, pid <= 0 { throw ValidationError("a process id is positive, not \(pid)") }
        if port == 0 { throw ValidationError("port 0 is no destination") }
        if let command, command.isEmpty { throw ValidationError("-c needs a name") }
        if let dest {
            do throws(AddressError) {
                _ = try AddressBlock(parsing: dest)
            } catch {
                throw ValidationError("--dest: \(error)")
            }
        }
    }

    /// The filters as the probe takes them.
    func apply(to options: inout ConnectOptions) throws {
        if let pid {
            guard Processes.exists(pid) else { throw Failure.failed("no process has the id \(pid)") }
            options.pid = UInt32(pid)
        }
        options.command = command
        options.port = port
        options.destination = try dest.map { try AddressBlock(parsing: $0) }
        options.failedOnly = failed
        options.netns = try netns.map { try OpenNamespace(named: $0).inode }
    }

    /// The cgroup to filter by; it must stay open until the programs are loaded.
    func openCgroup() throws -> Cgroup? {
        guard let cgroup else { return nil }
        do throws(HostError) {
            return try Cgroup(cgroup)
        } catch {
            throw Failure.failed("\(error)")
        }
    }
}
