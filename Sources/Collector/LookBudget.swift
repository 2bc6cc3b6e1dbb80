// SPDX-License-Identifier: Apache-2.0
import Glibc
import Host

/// What looks may take: walks over sockets, network namespaces and the descriptors of processes,
/// each of which costs milliseconds, however little there is to see. They take a share of one
/// CPU's time on the average; what does not fit waits for a later look.
final class LookBudget {
    private var account: LookAccount

    /// - Parameter share: of one CPU, 0.02 for two per cent.
    init(share: Double) {
        account = LookAccount(share: share, at: HostClock.monotonicNanoseconds())
    }

    /// Whether anything is left to look with.
    var isLeft: Bool {
        account.advance(to: HostClock.monotonicNanoseconds())
        return account.isLeft
    }

    /// Does what is charged: the CPU time of the whole process, since a look may be another thread's.
    func spend<Result>(_ look: () throws -> Result) rethrows -> Result {
        let before = HostClock.processNanoseconds()
        defer { account.charge(HostClock.processNanoseconds() &- before) }
        return try look()
    }
}

/// The budget as numbers: nanoseconds that grow with time and go with looks.
struct LookAccount {
    private let share: Double
    private var balance: Double
    private var time: UInt64

    /// Nobody saves for longer: the budget is for a machine that is always looked at.
    static let longest: UInt64 = 10_000_000_000

    /// - Parameter time: CLOCK_MONOTONIC nanoseconds.
    init(share: Double, at time: UInt64) {
        self.share = share
        self.time = time
        balance = share * 1e9
    }

    /// A look that was begun goes on to its end: it may leave a debt.
    var isLeft: Bool { balance > 0 }

    mutating func advance(to now: UInt64) {
        guard now > time else { return }
        balance = min(balance + share * Double(now - time), share * Double(Self.longest))
        time = now
    }

    mutating func charge(_ nanoseconds: UInt64) { balance -= Double(nanoseconds) }
}
