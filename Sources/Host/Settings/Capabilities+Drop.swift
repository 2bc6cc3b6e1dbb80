// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

extension Capabilities {
    /// Takes every other privilege from this process, for good: from each of its threads, since
    /// the kernel keeps them per thread. To be called by the main thread.
    ///
    /// A thread that is none of ours would keep its own: that is an error.
    public static func keepOnly(_ kept: Capabilities) throws(HostError) {
        try drop(to: kept)
        guard try !threads(withMoreThan: kept).isEmpty else { return }
        // Threads that are started later have what the one that starts them has.
        let failure: HostError?
        do {
            try NamespaceThread.shared.get().run { try drop(to: kept) }
            failure = nil
        } catch {
            failure = error as? HostError ?? HostError(Self.what, detail: "\(error)")
        }
        if let failure { throw failure }
        let left = try threads(withMoreThan: kept)
        if let thread = left.first { throw HostError(Self.what, detail: "thread \(thread) keeps its own") }
    }

    /// Runs `body` on a thread of its own that has no privilege at all.
    public static func withNone<Result>(_ body: () throws -> Result) throws -> Result {
        try onFreshThread {
            try drop(to: Capabilities(bits: 0))
            return try body()
        }
    }

    private static let what = "give up the privileges that are not needed any more"

    private static func drop(to kept: Capabilities) throws(HostError) {
        try check(why_keep_capabilities(kept.bits), what)
    }

    private static func threads(withMoreThan kept: Capabilities) throws(HostError) -> [String] {
        var threads: [String] = []
        for thread in directoryEntries("/proc/self/task") {
            let permitted: Capabilities
            do throws(HostError) {
                permitted = try of("/proc/self/task/\(thread)/status", set: .permitted)
            } catch {
                // It has ended.
                if error.errno == ENOENT || error.errno == ESRCH { continue }
                throw error
            }
            if permitted.bits & ~kept.bits != 0 { threads.append(thread) }
        }
        return threads
    }
}
