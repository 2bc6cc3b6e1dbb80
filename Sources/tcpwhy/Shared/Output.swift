// SPDX-License-Identifier: Apache-2.0
import Glibc
import Model

/// Standard output (or `-o FILE`), written in whole pieces.
final class Output {
    private let descriptor: Int32
    let isTerminal: Bool
    /// Whether a table may be drawn over the one before.
    var redraws: Bool { isTerminal && !Terminal.isDumb }

    /// - Parameter path: `nil` is standard output.
    init(path: String? = nil) throws {
        guard let path else {
            descriptor = STDOUT_FILENO
            isTerminal = isatty(STDOUT_FILENO) == 1
            return
        }
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        isTerminal = false
        guard descriptor >= 0 else {
            throw Failure.failed("cannot write to \(path): \(String(cString: strerror(errno)))")
        }
    }

    func write(_ bytes: [UInt8]) throws { try write(bytes.span.bytes) }

    func write(_ bytes: RawSpan) throws {
        var written = 0
        while written < bytes.byteCount {
            let count = bytes.extracting(written...).withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count >= 0 {
                written += count
            } else if errno == EPIPE {
                throw OutputClosed()
            } else if errno != EINTR {
                throw Failure.failed("cannot write the output: \(String(cString: strerror(errno)))")
            }
        }
    }

    /// To standard error, where nobody may be.
    static func error(_ text: String) {
        _ = text.withCString { Glibc.write(STDERR_FILENO, $0, strlen($0)) }
    }

    /// What a reader must know beside the figures.
    static func note(_ text: String) { error("tcpwhy: \(text)\n") }

    /// From here on nothing is missed: what a script that makes the load waits for.
    static func tracing(_ backend: Backend) {
        error("tcpwhy: tracing, backend \(backend.rawValue); Ctrl-C ends\n")
    }

    /// The same, of samples.
    static func sampling(_ how: Sampling) {
        error("tcpwhy: sampling \(how.cpus) CPUs at \(how.frequency) Hz by \(how.clock); Ctrl-C ends\n")
    }

    func write(_ text: String) throws {
        try write(Array(text.utf8))
    }
}
