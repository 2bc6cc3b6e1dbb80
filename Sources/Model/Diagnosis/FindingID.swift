// SPDX-License-Identifier: Apache-2.0

/// What a finding can be: stable names, which scripts rely on.
public enum FindingID: String, Sendable, Hashable, CaseIterable {
    case conntrackTableFull = "conntrack-table-full"
    case acceptQueueOverflow = "accept-queue-overflow"
    case synQueueOverflow = "syn-queue-overflow"
    case synFlood = "syn-flood"
    case workersTooFew = "workers-too-few"
    case connectsFailing = "connects-failing"
    case fourTupleTaken = "four-tuple-taken"
    case sourceAddressUnavailable = "source-address-unavailable"
    case ephemeralPortsExhausted = "ephemeral-ports-exhausted"
    case portSearchExpensive = "port-search-expensive"
    case bindSearchExpensive = "bind-search-expensive"
    case timeWaitLimit = "time-wait-limit"
    case tcpMemoryPressure = "tcp-memory-pressure"
    case firewallDrops = "firewall-drops"
    case noListener = "no-listener"
    case listenerElsewhere = "listener-elsewhere"
    case qdiscDrops = "qdisc-drops"
    case queueLostOnClose = "queue-lost-on-close"
    case retransmits
    case cpuSaturated = "cpu-saturated"
    case acceptFails = "accept-fails"
    case ownerStopped = "owner-stopped"
    case acceptStalls = "accept-stalls"
    case cpuThrottled = "cpu-throttled"
    case notServed = "not-served"
    case unixSocketBacklog = "unix-socket-backlog"
    /// Nothing is wrong in TCP: where the time goes instead.
    case elsewhere
}
