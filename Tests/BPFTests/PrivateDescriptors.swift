// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Runs `body` on a thread whose descriptors nobody else opens or closes.
func withPrivateDescriptors(_ body: @escaping @Sendable () throws -> Void) throws {
    try onThread {
        // CLONE_FILES
        guard why_unshare(0x400) == 0 else { throw TestFailure("unshare: \(errno)") }
        try body()
    }
}

/// Runs `body` on a thread of its own, and waits for it.
func onThread(_ body: @escaping @Sendable () throws -> Void) throws {
    let thread = TestThread(body)
    thread.join()
    try thread.result.get()
}

final class TestThread: @unchecked Sendable {
    // Written by the thread, read after `join`.
    private(set) var result: Result<Void, any Error> = .success(())
    let number: pthread_t

    init(_ body: @escaping @Sendable () throws -> Void) {
        let work = Work(body)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            {
                let work = Unmanaged<Work>.fromOpaque($0!).takeRetainedValue()
                // Tests run on threads that have signals blocked.
                var none = sigset_t()
                sigemptyset(&none)
                pthread_sigmask(SIG_SETMASK, &none, nil)
                work.result = Result { try work.body() }
                return nil
            }, Unmanaged.passRetained(work).toOpaque())
        number = thread
        self.work = work
    }

    func join() {
        pthread_join(number, nil)
        result = work.result
    }

    private let work: Work

    private final class Work: @unchecked Sendable {
        let body: @Sendable () throws -> Void
        var result: Result<Void, any Error> = .success(())
        init(_ body: @escaping @Sendable () throws -> Void) { self.body = body }
    }
}

struct TestFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// What the calling thread has open, by number.
func openDescriptors() -> [Int32: String] {
    var open: [Int32: String] = [:]
    guard let directory = opendir("/proc/thread-self/fd") else { return open }
    defer { closedir(directory) }
    let own = dirfd(directory)
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        guard let number = Int32(name), number != own else { continue }
        var target = [UInt8](repeating: 0, count: 256)
        let length = target.withUnsafeMutableBytes {
            readlink(
                "/proc/thread-self/fd/\(number)",
                $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        open[number] = String(decoding: target.prefix(max(length, 0)), as: UTF8.self)
    }
    return open
}
