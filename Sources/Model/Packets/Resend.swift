// SPDX-License-Identifier: Apache-2.0

/// Segments that were sent again, by whose they were.
public struct Resend: Sendable, Hashable {
    public enum Kind: Sendable, Hashable, CaseIterable {
        /// The SYN of a connect: the destination does not answer.
        case syn
        /// The SYN-ACK of a listening socket: its client does not answer.
        case synAck
        /// Of a connection that stands.
        case data
    }

    public var kind: Kind
    /// Inode of the network namespace that sent them.
    public var netns: UInt32
    /// Whether the service is here, and the other side its client.
    public var isLocal: Bool
    /// The service's: of a listening socket what it is bound to.
    public var address: IPAddress
    public var port: UInt16

    public init(kind: Kind, netns: UInt32, isLocal: Bool, address: IPAddress, port: UInt16) {
        self.kind = kind
        self.netns = netns
        self.isLocal = isLocal
        self.address = address
        self.port = port
    }
}

extension Resend: LedgerKey {
    /// Whoever's they were.
    public var ended: Resend {
        Resend(kind: kind, netns: netns, isLocal: isLocal, address: IPAddress(0, 0, 0, 0), port: 0)
    }

    public static let rest = Resend(
        kind: .data, netns: 0, isLocal: false, address: IPAddress(0, 0, 0, 0), port: 0)
}
