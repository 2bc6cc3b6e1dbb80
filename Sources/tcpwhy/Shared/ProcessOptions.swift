// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Host

/// Which processes: the same options in every command that filters by them.
struct ProcessOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "Only this process.")
    var pid: Int32?

    @Option(
        name: [.short, .customLong("comm")],
        help: ArgumentHelp(
            "Only processes of this name, as ps shows it (15 characters count).", valueName: "name"))
    var command: String?

    func validate() throws {
        if let pid, pid <= 0 { throw ValidationError("a process id is positive, not \(pid)") }
        if let command, command.isEmpty { throw ValidationError("-c needs a name") }
    }

    var isFilter: Bool { pid != nil || command != nil }

    /// The process, which must be there.
    func processID() throws -> UInt32? {
        guard let pid else { return nil }
        guard Processes.exists(pid) else { throw Failure.failed("no process has the id \(pid)") }
        return UInt32(pid)
    }

    /// Whether a process is one of them, by its name as the kernel has it.
    func include(_ pid: UInt32, _ name: String) -> Bool {
        (self.pid.map { UInt32(bitPattern: $0) } ?? pid) == pid && (kernelName ?? name) == name
    }

    /// The kernel cuts names to 15 bytes.
    private var kernelName: String? {
        command.map { String(decoding: $0.utf8.prefix(15), as: UTF8.self) }
    }
}
