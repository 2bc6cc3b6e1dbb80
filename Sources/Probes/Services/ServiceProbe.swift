// SPDX-License-Identifier: Apache-2.0
public import BPF
import CPrograms
public import Model

/// Counts the connections that services have accepted, and those that nobody reads, by walking
/// every TCP socket of a network namespace in the kernel (`iter/tcp`).
public final class ServiceProbe {
    private let object: LoadedObject
    private let link: Link
    private let services: BPFMap
    private let ports: BPFMap
    private let losses: BPFMap
    /// Connections for whose address the kernel's table had no room.
    public private(set) var uncounted: UInt64 = 0

    private static let program = "count_service"

    public init() throws(BPFError) {
        object = try LoadedObject(
            why_socket_object(), name: "tcpwhy_socket", [], others: [Self.program], configure: { _ in })
        link = try object.bpf.attachIterator(program: Self.program)
        services = try object.map(named: "socket_services")
        ports = try object.map(named: ".data.services")
        losses = try object.map(named: ".data.lost")
    }

    /// Those of the calling thread's network namespace that arrived on some ports, by the local
    /// address: a socket iterator sees no other namespace.
    public func countHere(_ wanted: Set<UInt16>) throws(BPFError) -> [ServiceAddress: ServedSockets] {
        var bits = [UInt64](repeating: 0, count: ports.entrySize / MemoryLayout<UInt64>.size)
        for port in wanted { bits[Int(port) / 64] |= 1 << (port % 64) }
        try ports.update(UInt32(0), bytes: bits.withUnsafeBytes { Array($0) })
        try losses.update(UInt32(0), UInt64(0))
        try link.runIterator()
        uncounted &+= try losses.lookup(UInt32(0), as: UInt64.self) ?? 0
        var found: [ServiceAddress: ServedSockets] = [:]
        try services.drain { keyBytes, valueBytes in
            if let key = keyBytes.read(why_service_key.self), let use = valueBytes.read(why_service_use.self)
            {
                found[ServiceAddress(key)] = ServedSockets(use)
            }
            return true
        }
        return found
    }
}

extension ServiceAddress {
    init(_ raw: why_service_key) {
        let family: AddressFamily = UInt32(raw.family) == WHY_IPV4.rawValue ? .ipv4 : .ipv6
        self.init(address: IPAddress(raw.local, family), port: raw.port)
    }
}

extension ServedSockets {
    init(_ raw: why_service_use) {
        self.init()
        established = UInt64(raw.established)
        closedByClient = UInt64(raw.close_wait)
        unread = UInt64(raw.unread)
        unreadClosed = UInt64(raw.unread_close_wait)
        leftOpen = UInt64(raw.left_close_wait)
    }
}
