// SPDX-License-Identifier: Apache-2.0

/// What a SYN asked for that no socket was found for: `tcp_v4_rcv` answers it with a reset.
public struct RefusedPlace: Sendable, Hashable {
    /// Inode of the network namespace that it came to.
    public var netns: UInt32
    public var address: IPAddress
    public var port: UInt16

    public init(netns: UInt32, address: IPAddress, port: UInt16) {
        self.netns = netns
        self.address = address
        self.port = port
    }
}

extension RefusedPlace: LedgerKey {
    /// Whatever was asked for: of a namespace.
    public var ended: RefusedPlace {
        RefusedPlace(netns: netns, address: IPAddress(0, 0, 0, 0), port: 0)
    }

    public static let rest = RefusedPlace(netns: 0, address: IPAddress(0, 0, 0, 0), port: 0)
}
