// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Owns a file descriptor: closed exactly once.
struct FileDescriptor: ~Copyable, Sendable {
    let number: Int32

    /// Takes over `number`, which nobody else may close.
    init(owning number: Int32) {
        self.number = number
    }

    func duplicate() throws(BPFError) -> FileDescriptor {
        FileDescriptor(
            owning: try checkErrno(
                fcntl(number, F_DUPFD_CLOEXEC, 0), .open, "duplicate a file descriptor"))
    }

    /// Gives `number` up to someone who closes it.
    consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }

    deinit {
        close(number)
    }
}

/// The result of a call that a signal did not interrupt.
func retryingInterrupts(_ call: () -> Int) -> Int {
    while true {
        let result = call()
        if result != -1 || errno != EINTR { return result }
    }
}
