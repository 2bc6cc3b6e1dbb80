// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Diagnosis
import Host
import Model

/// Whom to diagnose, and by what.
struct DiagnoseOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "Only this process's sockets and connects.")
    var pid: Int32?

    @Option(
        name: [.short, .customLong("comm")],
        help: ArgumentHelp(
            "Only sockets and connects of processes of this name (15 characters count).", valueName: "name"))
    var command: String?

    @Option(
        name: [.customShort("P"), .long],
        help: "Only sockets that listen on this port, and connects to it.")
    var port: UInt16?

    @Option(
        help: ArgumentHelp(
            "Only this network namespace: a name (ip netns), an inode, a path, or pid:N.",
            valueName: "namespace"))
    var netns: String?

    @Option(
        help: ArgumentHelp(
            "Use fentry, kprobe or tracepoint, or fail; else the first that works.", valueName: "backend"))
    var backend: Backend?

    func validate() throws {
        if let pid, pid <= 0 { throw ValidationError("a process id is positive, not \(pid)") }
        if port == 0 { throw ValidationError("nothing listens on port 0") }
        if let command, command.isEmpty { throw ValidationError("-c needs a name") }
    }

    /// The same run as if only what was asked for had been there. What concerns the whole
    /// machine, or a namespace, stays.
    func filter(_ seen: Observation) -> Observation {
        guard pid != nil || command != nil || port != nil else { return seen }
        let process = pid.map { UInt32(bitPattern: $0) }
        // The kernel cuts names to 15 bytes.
        let name = command.map { String(decoding: $0.utf8.prefix(15), as: UTF8.self) }
        func isWanted(_ pid: UInt32, _ command: String) -> Bool {
            (process ?? pid) == pid && (name ?? command) == command
        }
        var seen = seen
        if case .seen(var ports) = seen.ports {
            ports.connects = ports.connects.filter {
                isWanted($0.key.pid, $0.key.command) && (port ?? $0.key.port) == $0.key.port
            }
            seen.ports = .seen(ports)
        }
        if case .seen(let drops) = seen.drops {
            let filtered = drops.filtered { listener, owners in
                (port ?? listener.port) == listener.port
                    && (process == nil && name == nil || owners.contains { isWanted($0.pid, $0.command) })
            }
            seen.drops = .seen(filtered)
        }
        return seen
    }

    /// Fails before anything is traced.
    func check() throws {
        if let pid, !Processes.exists(pid) { throw Failure.failed("no process has the id \(pid)") }
    }
}
