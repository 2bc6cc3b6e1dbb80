// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Host
import Model

/// Which listening sockets to show. There are few of them, so all are counted, and
/// what is not shown still balances with the kernel's counters.
struct ListenerFilter: ParsableArguments {
    @Option(name: .shortAndLong, help: "Only sockets that this process holds.")
    var pid: Int32?

    @Option(
        name: [.short, .customLong("comm")],
        help: ArgumentHelp(
            "Only sockets that a process of this name holds (15 characters count).", valueName: "name"))
    var command: String?

    @Option(name: [.customShort("P"), .long], help: "Only sockets that listen on this port.")
    var port: UInt16?

    @Option(
        help: ArgumentHelp(
            "Only the socket that listens there: 0.0.0.0:80, [::]:80, 127.0.0.1:9000.",
            valueName: "address:port"))
    var listener: String?

    @Option(
        help: ArgumentHelp(
            "Only this network namespace: a name (ip netns), an inode, a path, or pid:N.",
            valueName: "namespace"))
    var netns: String?

    @Option(
        help: ArgumentHelp(
            "Only sockets made in this cgroup (version 2) or below it, and packets of such sockets.",
            valueName: "path"))
    var cgroup: String?

    func validate() throws {
        if let pid, pid <= 0 { throw ValidationError("a process id is positive, not \(pid)") }
        if port == 0 { throw ValidationError("nothing listens on port 0") }
        if let command, command.isEmpty { throw ValidationError("-c needs a name") }
        if let listener { _ = try Self.endpoint(listener) }
    }

    /// Whether `show` says no to any socket.
    var isFilter: Bool { isPortFilter || cgroup != nil }

    /// Whether packets of other ports than those of the sockets shown are unwanted.
    var isPortFilter: Bool { port != nil || listener != nil || asksForOwners }

    /// Whether `show` needs a socket's owners.
    var asksForOwners: Bool { pid != nil || command != nil }

    /// The cgroup's `id`.
    func cgroupID() throws -> UInt64? {
        guard let cgroup else { return nil }
        do throws(HostError) { return try Cgroup(cgroup).id } catch { throw Failure.failed("\(error)") }
    }

    /// What is to be shown, as a function of a socket and who holds it.
    func show() throws -> (Listener, [SocketOwner]) -> Bool {
        if let pid, !Processes.exists(pid) { throw Failure.failed("no process has the id \(pid)") }
        let endpoint = try listener.map(Self.endpoint)
        let process = pid.map { UInt32(bitPattern: $0) }
        // The kernel cuts names to 15 bytes.
        let name = command.map { String(decoding: $0.utf8.prefix(15), as: UTF8.self) }
        let port = port
        return { listener, owners in
            // Everyone is in it if none was asked for.
            guard listener.isInCgroup else { return false }
            if let port, listener.port != port { return false }
            if let endpoint, listener.port != endpoint.port || listener.address != endpoint.address {
                return false
            }
            if let process, !owners.contains(where: { $0.pid == process }) { return false }
            return name.map { name in owners.contains { $0.command == name } } ?? true
        }
    }

    /// "127.0.0.1:80", "[::]:80"; "*:80" as `ss` writes the socket that takes both families.
    static func endpoint(_ text: String) throws -> (address: IPAddress, port: UInt16) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            port > 0
        else {
            throw ValidationError("--listener: '\(text)' is not an address and a port, like 127.0.0.1:80")
        }
        var address = text[..<colon]
        if address == "*" { address = "::" }
        if address.hasPrefix("["), address.hasSuffix("]") { address = address.dropFirst().dropLast() }
        do throws(AddressError) {
            return (try IPAddress(parsing: String(address)), port)
        } catch {
            throw ValidationError("--listener: \(error)")
        }
    }
}
