// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Runs `body` in a network namespace, on another thread, while the caller waits:
/// no other thread changes namespace. What `body` throws is thrown on; a namespace
/// that cannot be entered throws a `HostError`. `body` may not call this again.
public func withNetworkNamespace<Result>(
    _ namespace: borrowing NetworkNamespace, _ body: () throws -> Result
) throws -> Result {
    let descriptor = namespace.file.descriptor
    let inode = namespace.inode
    return try NamespaceThread.shared.get().run {
        let entered = why_setns(descriptor, WHY_CLONE_NEWNET)
        if entered < 0, errno == EPERM {
            throw HostError(
                errno: EPERM, "enter network namespace \(inode)", detail: "it takes CAP_SYS_ADMIN")
        }
        try check(entered, "enter network namespace \(inode)")
        return try body()
    }
}

extension NamespaceThread {
    /// Runs `body` there while the caller waits, and throws on what it throws.
    func run<Result>(_ body: () throws -> Result) throws -> Result {
        try withThreadWork(body) { run($0) }
    }
}

/// The same, but where the calling thread is in it already, on this thread: that takes no
/// privilege.
public func inNetworkNamespace<Result>(
    _ namespace: borrowing NetworkNamespace, _ body: () throws -> Result
) throws -> Result {
    if (try? NetworkNamespace.ownInode()) == namespace.inode { return try body() }
    return try withNetworkNamespace(namespace, body)
}

/// Runs `body` on a new thread and waits for it: it may change what belongs to a thread.
func onFreshThread<Result>(_ body: () throws -> Result) throws -> Result {
    try withThreadWork(body) { work throws in
        let context = Unmanaged.passRetained(work)
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { context in
                if let context {
                    Unmanaged<AnyThreadWork>.fromOpaque(context).takeRetainedValue().run()
                }
                return nil
            }, context.toOpaque())
        guard failure == 0 else {
            context.release()
            throw HostError(errno: failure, "start a thread")
        }
        // What the thread wrote is visible from here on.
        pthread_join(thread, nil)
    }
}

/// - Parameter run: has a thread run the work, and returns when that is done.
private func withThreadWork<Result>(
    _ body: () throws -> Result, run: (AnyThreadWork) throws -> Void
) throws -> Result {
    try withoutActuallyEscaping(body) { body in
        let work = ThreadWork(body)
        defer { work.finish() }
        try run(work)
        guard let result = work.result else { throw HostError("run a thread") }
        return try result.get()
    }
}

/// What a thread has to do, whatever comes of it.
class AnyThreadWork {
    func run() {}
}

private final class ThreadWork<Value>: AnyThreadWork {
    private var body: (() throws -> Value)?
    private(set) var result: Result<Value, any Error>?

    init(_ body: @escaping () throws -> Value) {
        self.body = body
    }

    override func run() {
        guard let body else { return }
        result = Result { try body() }
        self.body = nil
    }

    /// The closure must not outlive its caller.
    func finish() {
        body = nil
    }
}
