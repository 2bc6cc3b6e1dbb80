// SPDX-License-Identifier: Apache-2.0
import Model

extension ListenCause {
    /// For people.
    var text: String {
        switch self {
        case .acceptQueueFullAtSYN: "accept queue full at SYN"
        case .acceptQueueFullAtACK: "accept queue full at ACK"
        case .acceptQueueFullReset: "accept queue full, reset"
        case .synQueueFull: "SYN queue full"
        case .synCookieSent: "SYN cookie sent"
        case .cookieAcceptQueueFull: "accept queue full at cookie"
        case .lastQuarter: "last quarter of SYN backlog"
        case .noMemory: "no memory"
        case .noRoute: "no route"
        case .deferredAccept: "accept deferred"
        case .icmpError: "ICMP error"
        case .other: "other"
        }
    }

    /// Every cause in the order of a line's fields, which is not the programs'.
    static let jsonOrder: [ListenCause] = [
        .acceptQueueFullAtSYN, .acceptQueueFullAtACK, .synQueueFull, .synCookieSent,
        .cookieAcceptQueueFull, .noMemory, .noRoute, .other, .acceptQueueFullReset, .lastQuarter,
        .deferredAccept, .icmpError,
    ]
}
