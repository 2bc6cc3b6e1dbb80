// SPDX-License-Identifier: Apache-2.0
import CLibbpf
import Glibc
import Synchronization

/// libbpf's own messages. libbpf has one print callback for the process; this
/// owns it, so that nothing is written to standard error unasked.
public enum LibbpfLog {
    public enum Level: Int, Sendable, Hashable, Comparable {
        case warning, info, debug

        public static func < (one: Level, other: Level) -> Bool { one.rawValue < other.rawValue }
    }

    public typealias Handler = @Sendable (Level, String) -> Void

    /// Sends every line that libbpf prints from now on to `handler`; `nil`: to nobody.
    public static func setHandler(_ handler: Handler?) {
        state.withLock { $0.handler = handler }
        install()
    }

    /// Runs `body` and returns what libbpf warned of meanwhile on this thread.
    static func capturing<Result>(
        _ body: () -> Result
    ) -> (result: Result, warnings: [String]) {
        install()
        let thread = pthread_self()
        state.withLock { $0.captures[thread] = [] }
        let result = body()
        let warnings = state.withLock { $0.captures.removeValue(forKey: thread) } ?? []
        return (result, warnings)
    }

    /// Makes this the process's print callback; further calls change nothing.
    static func install() {
        _ = installed
    }

    private struct State {
        var handler: Handler?
        var captures: [pthread_t: [String]] = [:]
    }

    private static let state = Mutex(State())

    private static let installed: Void = {
        // SAFETY: the callback is a plain function; libbpf passes it a valid
        // format with the arguments that belong to it.
        unsafe libbpf_set_print { level, format, arguments in
            guard let format = unsafe format, let arguments = unsafe arguments else { return 0 }
            unsafe LibbpfLog.receive(level, format, arguments)
            return 0
        }
    }()

    private static func receive(
        _ level: libbpf_print_level, _ format: UnsafePointer<CChar>, _ arguments: CVaListPointer
    ) {
        let level: Level =
            switch level {
            case LIBBPF_WARN: .warning
            case LIBBPF_INFO: .info
            default: .debug
            }
        let thread = pthread_self()
        let (handler, captured) = state.withLock { ($0.handler, $0.captures[thread] != nil) }
        guard handler != nil || (captured && level == .warning) else { return }
        let text = unsafe formatted(format, arguments)
        if captured, level == .warning {
            state.withLock { $0.captures[thread]?.append(text) }
        }
        guard let handler else { return }
        for line in text.split(whereSeparator: \.isNewline) { handler(level, String(line)) }
    }
}

/// The message in full: a verifier's log has no useful upper bound.
private func formatted(_ format: UnsafePointer<CChar>, _ arguments: CVaListPointer) -> String {
    // SAFETY: the text is ours to free, and ends with a NUL.
    guard let text = unsafe why_format(format, arguments) else { return "" }
    defer { unsafe free(text) }
    return unsafe String(cString: text)
}
