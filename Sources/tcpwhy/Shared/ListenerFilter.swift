// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Collector
import Model

/// Which listening sockets to show. There are few of them, so all are counted, and
/// what is not shown still balances with the kernel's counters.
struct ListenerFilter: ParsableArguments {
    @OptionGroup var process: ProcessOptions

    @Option(name: [.customShort("P"), .long], help: "Only sockets that listen on this port.")
    var port: UInt16?

    @Option(
        help: ArgumentHelp(
            "Only the socket that listens there: 0.0.0.0:80, [::]:80, 127.0.0.1:9000.",
            valueName: "address:port"))
    var listener: String?

    @OptionGroup var namespace: NamespaceOption

    @OptionGroup var cgroup: CgroupOption

    func validate() throws {
        if port == 0 { throw ValidationError("nothing listens on port 0") }
        if let listener { _ = try Self.endpoint(listener) }
    }

    /// Whether it takes owners to tell which sockets are shown.
    var asksForOwners: Bool { process.isFilter }

    /// What a collector must know of it.
    func apply(to questions: inout Questions) {
        questions.netns = namespace.netns
        questions.cgroup = cgroup.cgroup
    }

    /// What is to be shown.
    func shown() throws -> ShownListeners {
        _ = try process.processID()
        let endpoint = try listener.map(Self.endpoint)
        let (process, port) = (process, port)
        let isPortFilter = port != nil || endpoint != nil || process.isFilter
        return ShownListeners(
            isFilter: isPortFilter || cgroup.isFilter, isPortFilter: isPortFilter
        ) { listener, owners in
            // Everyone is in it if none was asked for.
            guard listener.isInCgroup else { return false }
            if let port, listener.port != port { return false }
            if let endpoint, listener.port != endpoint.port || listener.address != endpoint.address {
                return false
            }
            return !process.isFilter || owners.contains { process.include($0.pid, $0.command) }
        }
    }

    /// "127.0.0.1:80", "[::]:80"; "*:80" as `ss` writes the socket that takes both families.
    static func endpoint(_ text: String) throws -> (address: IPAddress, port: UInt16) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            port > 0
        else {
            throw ValidationError(
                saying: "--listener: '\(text)' is not an address and a port, like 127.0.0.1:80")
        }
        var address = text[..<colon]
        if address == "*" { address = "::" }
        if address.hasPrefix("["), address.hasSuffix("]") { address = address.dropFirst().dropLast() }
        do throws(AddressError) {
            return (try IPAddress(parsing: String(address)), port)
        } catch {
            throw ValidationError(saying: "--listener: \(error.description)")
        }
    }
}

/// Which listening sockets are shown, as a function of a socket and who holds it.
struct ShownListeners {
    /// Whether `isWanted` says no to any.
    let isFilter: Bool
    /// Whether packets of other ports than theirs are unwanted, too.
    let isPortFilter: Bool
    let isWanted: (Listener, [SocketOwner]) -> Bool

    func only(_ interval: DropsInterval) -> DropsInterval {
        interval.filtered(isWanted, isFilter: isFilter, byPort: isPortFilter)
    }

    /// - Parameter socket: `nil`: it is not known.
    func includes(_ socket: Listener?, _ owners: [SocketOwner]) -> Bool {
        guard isFilter else { return true }
        return socket.map { isWanted($0, owners) } ?? false
    }
}
