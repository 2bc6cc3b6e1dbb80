// SPDX-License-Identifier: Apache-2.0

/// Whether processes may have come, gone or changed. What they hold, sockets and namespaces, takes
/// a walk through all of `/proc` to find: it is walked again only then.
///
/// `/proc/loadavg` says how many threads there are, and the number that the last new one got.
/// Nothing starts without a new number, and nothing ends without a thread less: where both are as
/// they were, the same processes are there. What these do on their own does not show:
/// - A new process may become another program, which closes descriptors and has another name;
///   mounts that name a namespace, too, are made a moment after a start. Hence the look that
///   follows a change is not the last one: there is one more.
/// - A process may pass a descriptor to another, close one, enter a namespace or end without
///   being waited for; seen from a container the last number is the container's. Hence ten
///   seconds after a look there is another in any case.
struct ProcessChanges: Sendable {
    /// Nanoseconds that a look holds.
    static let longest: UInt64 = 10_000_000_000

    private var sign: String?
    private var isSettled = false
    private var looked: UInt64 = 0

    /// Whether to look again. The answer counts on it that whoever asks then does.
    mutating func areDue() -> Bool {
        let loadavg = try? readText("/proc/loadavg")
        return areDue(loadavg.flatMap(Self.sign), at: HostClock.monotonicNanoseconds())
    }

    /// - Parameters:
    ///   - sign: read before the look: what changes during it shows the next time. `nil`: unknown.
    ///   - time: CLOCK_MONOTONIC nanoseconds.
    mutating func areDue(_ sign: String?, at time: UInt64) -> Bool {
        let haveChanged = sign == nil || sign != self.sign
        let areDue = haveChanged || !isSettled || time &- looked >= Self.longest
        self.sign = sign
        isSettled = !haveChanged
        if areDue { looked = time }
        return areDue
    }

    /// - Parameter loadavg: "3.95 2.84 4.99 9/139 17351": three loads, threads that run, threads,
    ///   last number. Of these the last two tell.
    static func sign(_ loadavg: String) -> String? {
        loadavg.firstIndex(of: "/").map { String(loadavg[loadavg.index(after: $0)...]) }
    }
}
