// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Host
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

    /// Whether `show` says no to any socket.
    var isFilter: Bool { isPortFilter || cgroup.isFilter }

    /// Whether packets of other ports than those of the sockets shown are unwanted.
    var isPortFilter: Bool { port != nil || listener != nil || asksForOwners }

    /// Whether `show` needs a socket's owners.
    var asksForOwners: Bool { process.isFilter }

    /// What is to be shown, as a function of a socket and who holds it.
    func show() throws -> (Listener, [SocketOwner]) -> Bool {
        _ = try process.processID()
        let endpoint = try listener.map(Self.endpoint)
        let (process, port) = (process, port)
        return { listener, owners in
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
