// SPDX-License-Identifier: Apache-2.0

/// Connections that a listening socket's service has accepted, at one moment.
public struct ServedSockets: Sendable, Hashable {
    /// Open on both sides (ESTABLISHED).
    public var established: UInt64 = 0
    /// Closed by the client, and not yet by the service (CLOSE_WAIT).
    public var closedByClient: UInt64 = 0
    /// Those of `established` with data that nobody has read, and no packet came for a second.
    public var unread: UInt64 = 0
    /// Those of `closedByClient` of which the same is true.
    public var unreadClosed: UInt64 = 0
    /// Those of `closedByClient` at which no packet came or went for five seconds, read or not.
    public var leftOpen: UInt64 = 0

    public init() {}

    public mutating func merge(_ other: ServedSockets) {
        established &+= other.established
        closedByClient &+= other.closedByClient
        unread &+= other.unread
        unreadClosed &+= other.unreadClosed
        leftOpen &+= other.leftOpen
    }

    public var all: UInt64 { established &+ closedByClient }
    public var allUnread: UInt64 { unread &+ unreadClosed }
}

/// Where connections arrive.
public struct ServiceAddress: Sendable, Hashable {
    public var address: IPAddress
    public var port: UInt16

    public init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }
}

extension ServedSockets {
    /// By the socket that listens there: the one at the very address, else one at all addresses.
    /// Of several at one address (SO_REUSEPORT) one stands for all.
    public static func byListener(
        _ found: [ServiceAddress: ServedSockets], _ listeners: some Collection<Listener>
    ) -> [Listener: ServedSockets] {
        let byPort = Dictionary(grouping: listeners, by: \.port)
        var result: [Listener: ServedSockets] = [:]
        for (place, sockets) in found {
            let here = (byPort[place.port] ?? []).sorted { $0.inode < $1.inode }
            let listener =
                here.first { $0.address.unmapped == place.address }
                ?? here.first { $0.address.isUnspecified && $0.takes(place.address.family) }
            if let listener { result[listener, default: ServedSockets()].merge(sockets) }
        }
        return result
    }
}

extension Listener {
    fileprivate func takes(_ family: AddressFamily) -> Bool {
        address.family == family || (isDualStack && family == .ipv4)
    }
}
