// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Blocks signals and receives them as events instead.
struct SignalFD: ~Copyable {
    private let file: FileDescriptor
    private let previous: sigset_t
    private let owner: pthread_t

    init(_ signals: Set<Int32>) throws(BPFError) {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in signals { unsafe sigaddset(&set, signal) }
        var previous = sigset_t()
        // Returns the error number, unlike most.
        let result = unsafe pthread_sigmask(SIG_BLOCK, &set, &previous)
        guard result == 0 else { throw BPFError(.events, errno: result, "block signals") }
        let number = unsafe signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
        if number < 0 {
            let failure = BPFError(.events, errno: errno, "make a signalfd")
            unsafe pthread_sigmask(SIG_SETMASK, &previous, nil)
            throw failure
        }
        file = FileDescriptor(owning: number)
        self.previous = previous
        owner = pthread_self()
    }

    deinit {
        // What came since the last wait was asked for as an event: it must not kill now.
        _ = received()
        var previous = previous
        if pthread_equal(owner, pthread_self()) != 0 {
            unsafe pthread_sigmask(SIG_SETMASK, &previous, nil)
        }
    }

    var number: Int32 { file.number }

    func received() -> [Int32] {
        var signals: [Int32] = []
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        // SAFETY: reads into a variable of that size.
        while retryingInterrupts({ unsafe read(file.number, &info, size) }) == size {
            let signal = Int32(bitPattern: info.ssi_signo)
            if !signals.contains(signal) { signals.append(signal) }
        }
        return signals
    }
}
