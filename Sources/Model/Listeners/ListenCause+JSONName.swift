// SPDX-License-Identifier: Apache-2.0

extension ListenCause {
    /// For scripts: a contract.
    public var jsonName: String {
        switch self {
        case .acceptQueueFullAtSYN: "accept_queue_full_syn"
        case .acceptQueueFullAtACK: "accept_queue_full_ack"
        case .acceptQueueFullReset: "accept_queue_full_reset"
        case .synQueueFull: "syn_queue_full"
        case .synCookieSent: "syn_cookie_sent"
        case .cookieAcceptQueueFull: "cookie_accept_queue_full"
        case .lastQuarter: "last_quarter"
        case .noMemory: "no_memory"
        case .noRoute: "no_route"
        case .deferredAccept: "deferred_accept"
        case .icmpError: "icmp_error"
        case .other: "other"
        }
    }
}
