// SPDX-License-Identifier: Apache-2.0
import Model

/// The peers whose connections a listener dropped most.
struct RefusedPeers {
    let top: [(address: IPAddress, count: UInt64)]
    /// Drops of all others, and of those that nobody knows.
    let others: UInt64

    static let most = 5

    /// `nil`: nothing was dropped, or this backend does not see whose it was.
    init?(_ state: ListenerState) {
        guard let drops = state.drops?.listenDrops, drops > 0, !state.peers.isEmpty else { return nil }
        let sorted = state.peers.filter { $0.value > 0 }.sorted { left, right in
            left.value != right.value ? right.value < left.value : left.key < right.key
        }
        top = sorted.prefix(Self.most).map { (address: $0.key, count: $0.value) }
        let known = top.reduce(0) { $0 &+ $1.count }
        others = drops > known ? drops - known : 0
    }

    /// "10.0.0.7 1,200, 10.0.0.9 80, others 32"
    var text: String {
        var parts = top.map { "\($0.address) \(Units.exact($0.count))" }
        if others > 0 { parts.append("others \(Units.exact(others))") }
        return parts.joined(separator: ", ")
    }
}
