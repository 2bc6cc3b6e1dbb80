// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Host
import Model

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
        // Seen from another pid namespace the number is somebody else's, or nobody's.
        guard PIDNamespace.isFirst() != false else {
            throw Failure.failed(
                "-p: tcpwhy runs in a pid namespace of its own (a container), and the kernel counts by other "
                    + "process ids\nrun it on the host (docker run --pid=host), or use -c NAME")
        }
        guard Processes.exists(pid) else { throw Failure.failed(Self.missing(pid)) }
        return UInt32(pid)
    }

    /// Whose number it may be: in a container a process has another one than here.
    private static func missing(_ pid: Int32) -> Message {
        let inside = PIDNamespace.processes(numbered: pid).prefix(5).map { here in
            "-p \(here)" + (Processes.comm(here).map { " (\($0))" } ?? "")
        }
        let hint: Message =
            inside.isEmpty ? "" : "\nin a container it may be: \(inside.joined(separator: ", "))"
        return "no process has the id \(pid)\(hint)"
    }

    /// "process 123", "processes named nginx"
    var text: String {
        [pid.map { "process \($0)" }, command.map { "processes named \($0)" }]
            .compactMap(\.self).joined(separator: ", ")
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
