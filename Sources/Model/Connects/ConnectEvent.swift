// SPDX-License-Identifier: Apache-2.0

/// One connect or bind(0), reported when its outcome is known.
public struct ConnectEvent: Sendable, Hashable {
    public enum Outcome: Sendable, Hashable {
        case established
        /// errno, positive.
        case failed(Int32)
        /// Closed by its owner before an answer came.
        case abandoned
    }

    /// Nanoseconds of CLOCK_MONOTONIC at the call's entry.
    public var time: UInt64
    public var key: ConnectKey
    /// Thread id.
    public var thread: UInt32
    /// Local address and port in the end; port 0 if none was found.
    public var source: IPAddress?
    public var sourcePort: UInt16
    public var outcome: Outcome
    /// Nanoseconds. `nil`: no search, or not measured.
    public var search: UInt64?
    /// Nanoseconds from entry to return of `tcp_v4_connect` or its twin.
    public var call: UInt64?
    /// Nanoseconds from entry to outcome, the handshake included.
    public var total: UInt64?
    public var portsTried: UInt32?
    public var triedMethod: PortMethod?
    public var isCertain: Bool
    /// The port was bound before connect: no search.
    public var wasBound: Bool
    /// A TIME_WAIT socket gave up its four-tuple.
    public var reusedTimeWait: Bool

    @inlinable public init(
        time: UInt64, key: ConnectKey, thread: UInt32, source: IPAddress?, sourcePort: UInt16,
        outcome: Outcome, search: UInt64?, call: UInt64?, total: UInt64?, portsTried: UInt32?,
        triedMethod: PortMethod?, isCertain: Bool, wasBound: Bool, reusedTimeWait: Bool
    ) {
        self.time = time
        self.key = key
        self.thread = thread
        self.source = source
        self.sourcePort = sourcePort
        self.outcome = outcome
        self.search = search
        self.call = call
        self.total = total
        self.portsTried = portsTried
        self.triedMethod = triedMethod
        self.isCertain = isCertain
        self.wasBound = wasBound
        self.reusedTimeWait = reusedTimeWait
    }
}
