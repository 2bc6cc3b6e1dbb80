// SPDX-License-Identifier: Apache-2.0
import CLinux
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

    /// Whether so many more may be open.
    static func hasRoom(for count: Int) -> Bool {
        var opened: [Int32] = []
        while opened.count < count {
            let number = eventfd(0, Int32(EFD_CLOEXEC))
            guard number >= 0 else { break }
            opened.append(number)
        }
        for number in opened { close(number) }
        return opened.count == count
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
