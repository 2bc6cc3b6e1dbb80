// SPDX-License-Identifier: Apache-2.0
import Host
import Model

/// Who holds listening sockets: found by a walk through all processes, as seldom as can be.
struct OwnerLooks {
    private let pace: ListenersQuestion.OwnerPace
    private var known: KnownOwners
    /// Of sockets that events were of.
    private var ofEvents = Recent<UInt32, [SocketOwner]>(keeping: 1024)
    /// Those that lost something since the trace began.
    private var losers: Set<UInt32> = []

    init(_ pace: ListenersQuestion.OwnerPace) {
        self.pace = pace
        known = KnownOwners(followsChanges: pace != .new)
    }

    /// Those of the sockets that were asked for.
    /// - Parameters:
    ///   - before: the reading before; `nil`: this is the first, at which all are looked for, so
    ///     that whoever closes a socket is known by then.
    ///   - isLast: nothing that is known is relied on.
    mutating func look(
        for totals: DropTotals, before: DropTotals?, within budget: LookBudget, isLast: Bool
    ) -> [UInt32: [SocketOwner]] {
        guard pace != .never else { return [:] }
        let sockets = Set(totals.listeners.keys.map(\.inode)).subtracting([0])
        let mayLook = before == nil || budget.isLeft
        guard pace == .losing else {
            return budget.spend { known.find(sockets, anew: isLast, mayLook: mayLook) }
        }
        guard let before else {
            _ = known.find(sockets)
            return [:]
        }
        losers.formIntersection(sockets)
        for (listener, state) in totals.listeners where state.hasLost(since: before.listeners[listener]) {
            losers.insert(listener.inode)
        }
        let wanted = losers.subtracting([0])
        return budget.spend { known.find(wanted, anew: isLast, mayLook: mayLook) }
    }

    /// Those of one socket, as they were when it was first asked for.
    mutating func now(of inode: UInt32) -> [SocketOwner] {
        guard pace == .all else { return [] }
        if let known = ofEvents[inode] { return known }
        let owners = SocketOwners.find([inode])[inode] ?? []
        ofEvents[inode] = owners
        return owners
    }
}

extension ListenerState {
    fileprivate func hasLost(since earlier: ListenerState?) -> Bool {
        if let drops { return drops != earlier?.drops ?? ListenDrops() }
        return socketDrops ?? 0 > earlier?.socketDrops ?? 0
    }
}
