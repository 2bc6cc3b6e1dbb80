// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Blocks signals and receives them as events instead.
struct SignalFD: ~Copyable {
    private let file: FileDescriptor
    private let mask: sigset_t
    private let owner: pthread_t
    private let actions: [(signal: Int32, previous: sigaction)]

    init(_ signals: Set<Int32>) throws(BPFError) {
        // Whoever starts this under nohup, or in the background of a script, wants it to live on.
        let signals = signals.filter { !Self.isIgnored($0) }
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in signals { unsafe sigaddset(&set, signal) }
        file = FileDescriptor(
            owning: try unsafe checkErrno(
                signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK)), .events, "make a signalfd"))
        var mask = sigset_t()
        unsafe pthread_sigmask(SIG_BLOCK, &set, &mask)
        self.mask = mask
        owner = pthread_self()
        // The mask is this thread's. Another one that gets a signal passes it
        // on, and blocks it from then on.
        actions = signals.compactMap { signal in
            var previous = sigaction()
            return unsafe why_take_signal(signal, &previous) == 0 ? (signal, previous) : nil
        }
    }

    deinit {
        // What came since the last wait was asked for as an event: it must not kill now.
        _ = received()
        for (signal, previous) in actions {
            var previous = previous
            unsafe sigaction(signal, &previous, nil)
        }
        if pthread_equal(owner, pthread_self()) != 0 {
            var mask = mask
            unsafe pthread_sigmask(SIG_SETMASK, &mask, nil)
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

    private static func isIgnored(_ signal: Int32) -> Bool {
        var action = sigaction()
        return unsafe sigaction(signal, nil, &action) == 0 && why_is_ignored(&action) != 0
    }
}
