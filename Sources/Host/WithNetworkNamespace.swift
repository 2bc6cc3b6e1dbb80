// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Runs `body` in a network namespace, on a thread of its own, while the caller
/// waits: no other thread changes namespace. What `body` throws is thrown on; a
/// namespace that cannot be entered throws a `HostError`.
public func withNetworkNamespace<Result>(
    _ namespace: borrowing NetworkNamespace, _ body: () throws -> Result
) throws -> Result {
    let descriptor = namespace.file.descriptor
    let inode = namespace.inode
    return try onFreshThread { () throws -> Result in
        try check(
            why_setns(descriptor, WHY_CLONE_NEWNET), "enter network namespace \(inode)")
        return try body()
    }
}

/// Runs `body` on a new thread and waits for it: it may change what belongs to a thread.
func onFreshThread<Result>(_ body: () throws -> Result) throws -> Result {
    try withoutActuallyEscaping(body) { body in
        let work = ThreadWork(body)
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
        defer { work.finish() }
        guard let result = work.result else { throw HostError("run a thread") }
        return try result.get()
    }
}

private class AnyThreadWork {
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
