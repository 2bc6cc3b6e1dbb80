// SPDX-License-Identifier: Apache-2.0
import Glibc
import Model
import Report

/// Standard output (or `-o FILE`), written in whole pieces.
final class Output {
    private let descriptor: Int32
    let isTerminal: Bool

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

    /// Lines of text, each with its end.
    func write(text: String) throws { try write(TerminalText.bytes(text)) }

    /// A screen of a live view, from home to its end, without the flicker of an erased one.
    func redraw(_ lines: [String], height: Int?) throws {
        var bytes = Array("\u{1b}[H".utf8)
        for line in lines.prefix(height.map { max($0 - 1, 1) } ?? lines.count) {
            bytes += TerminalText.bytes(line) + Array("\u{1b}[K\n".utf8)
        }
        try write(bytes + Array("\u{1b}[J".utf8))
    }

    /// JSON, SVG, folded stacks, events: what has a gate of its own.
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

    /// To standard error, where nobody may be: lines, each with its end.
    static func error(_ text: String) { writeError(Printable.lines(text)) }

    /// What a reader must know beside the figures.
    static func note(_ text: String) { error("tcpwhy: \(text)\n") }

    /// A line on a terminal that the next one takes the place of; `nil`: none does.
    static func progress(_ line: String?) {
        writeError("\r\u{1b}[K" + (line.map { Printable.text("tcpwhy: \($0)") } ?? ""))
    }

    private static func writeError(_ text: String) {
        _ = text.withCString { Glibc.write(STDERR_FILENO, $0, strlen($0)) }
    }

    /// From here on nothing is missed: what a script that makes the load waits for.
    static func tracing(_ backend: Backend) {
        error("tcpwhy: tracing, backend \(backend.rawValue); Ctrl-C ends\n")
    }

    /// The same, of samples.
    static func sampling(_ how: Sampling) {
        error("tcpwhy: sampling \(how.cpus) CPUs at \(how.frequency) Hz by \(how.clock); Ctrl-C ends\n")
    }
}
