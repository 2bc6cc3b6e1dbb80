// SPDX-License-Identifier: Apache-2.0

/// How many sockets there are (`/proc/net/sockstat`). `nil`: it could not be read.
public struct SocketUse: Sendable, Hashable {
    public var timeWait: UInt64?
    /// Closed by their process and not yet over; of the whole machine.
    public var orphans: UInt64?
    /// Pages of memory that TCP holds, of the whole machine.
    public var memoryPages: UInt64?

    public init() {}
}
