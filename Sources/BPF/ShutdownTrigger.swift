// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Stops an event loop from any thread, before or during its wait.
public final class ShutdownTrigger: Sendable {
    let file: FileDescriptor

    init() throws(BPFError) {
        file = FileDescriptor(
            owning: try checkErrno(
                eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)), .events, "make an eventfd"))
    }

    /// Once is enough, more does no harm.
    public func trigger() {
        var one: UInt64 = 1
        // SAFETY: writes a variable of that size. It fails only when the counter
        // is full, and then the loop is woken already.
        _ = retryingInterrupts { unsafe write(file.number, &one, 8) }
    }
}
