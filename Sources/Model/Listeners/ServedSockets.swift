// SPDX-License-Identifier: Apache-2.0

/// Connections that a listening socket's service has accepted, at one moment.
public struct ServedSockets: Sendable, Hashable {
    /// Open on both sides (ESTABLISHED).
    public var established: UInt64 = 0
    /// Closed by the client, and not yet by the service (CLOSE_WAIT).
    public var closedByClient: UInt64 = 0
    /// Those of `established` with data that nobody has read, and no packet came for a second.
    public var unread: UInt64 = 0
    /// Those of `closedByClient` of which the same is true: the end itself counts as data.
    public var unreadClosed: UInt64 = 0
    /// Those of `closedByClient` to which nothing came for a second, whether read or not.
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
