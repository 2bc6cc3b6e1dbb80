// SPDX-License-Identifier: Apache-2.0
public import Model

/// What is behind a finding: what the kernel does, how it is measured, what is easily mistaken.
public struct Background: Sendable {
    /// One line.
    public var title: String
    /// What happens, and where in the kernel.
    public var kernel: String
    /// Where the numbers come from.
    public var measured: String
    /// What is easily taken for it, or for its cure.
    public var mistaken: String
    /// Files of the kernel, manual pages.
    public var sources: String

    public static func of(_ id: FindingID) -> Background {
        switch id {
        case .acceptQueueOverflow: acceptQueue
        case .workersTooFew: workers
        case .synQueueOverflow: synQueue
        case .synFlood: flood
        case .ephemeralPortsExhausted: ports
        case .connectsFailing: connectsFailing
        case .fourTupleTaken: fourTuple
        case .sourceAddressUnavailable: sourceAddress
        case .portSearchExpensive: search
        case .bindSearchExpensive: bind
        case .timeWaitLimit: timeWait
        case .tcpMemoryPressure: memory
        case .conntrackTableFull: conntrack
        case .firewallDrops: firewall
        case .noListener: noListener
        case .listenerElsewhere: listenerElsewhere
        case .qdiscDrops: qdiscDrops
        case .queueLostOnClose: queueLostOnClose
        case .retransmits: retransmits
        case .cpuSaturated: processors
        case .acceptFails: acceptFails
        case .ownerStopped: ownerStopped
        case .acceptStalls: acceptStalls
        case .cpuThrottled: throttled
        case .notServed: notServed
        case .unixSocketBacklog: unixBacklog
        case .elsewhere: elsewhere
        }
    }
}
