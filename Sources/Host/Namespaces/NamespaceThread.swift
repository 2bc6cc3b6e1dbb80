// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// The thread that enters network namespaces for others, who wait for it. One for all: to
/// `ProcessChanges` a new one each time would look like a process that came.
final class NamespaceThread: @unchecked Sendable {
    static let shared = Result { try NamespaceThread() }

    // SAFETY of `Sendable`: `work` belongs to whoever was let in by `free`, between `begin` and
    // `end` to the thread. Semaphores order what each writes before what the other reads.
    private let free = semaphore(1)
    private let begin = semaphore(0)
    private let end = semaphore(0)
    private var work: AnyThreadWork?

    private init() throws(HostError) {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let failure = pthread_create(
            &thread, nil,
            { context in
                if let context {
                    Unmanaged<NamespaceThread>.fromOpaque(context).takeRetainedValue().serve()
                }
                return nil
            }, context.toOpaque())
        guard failure == 0 else {
            context.release()
            throw HostError(errno: failure, "start a thread")
        }
        pthread_detach(thread)
    }

    /// Not to be called by what it runs.
    func run(_ work: AnyThreadWork) {
        Self.wait(free)
        self.work = work
        sem_post(begin)
        Self.wait(end)
        sem_post(free)
    }

    private func serve() -> Never {
        // It may be older than the mask by which the main thread gets its signals.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        while true {
            Self.wait(begin)
            work?.run()
            work = nil
            // A namespace that it stayed in would stay, too.
            if let home = try? NetworkNamespace(path: "/proc/self/ns/net") {
                _ = why_setns(home.file.descriptor, WHY_CLONE_NEWNET)
            }
            sem_post(end)
        }
    }

    private static func semaphore(_ value: UInt32) -> UnsafeMutablePointer<sem_t> {
        let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
        sem_init(semaphore, 0, value)
        return semaphore
    }

    private static func wait(_ semaphore: UnsafeMutablePointer<sem_t>) {
        while sem_wait(semaphore) != 0 {}
    }
}
