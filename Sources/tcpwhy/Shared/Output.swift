// SPDX-License-Identifier: Apache-2.0
import Glibc
import Model
import Report

/// Standard output (or `-o FILE`), written in whole pieces.
final class Output {
    /// `nil`: standard output.
    private let file: OutputFile?
    let isTerminal: Bool
    /// Whether a table may be drawn over the one before.
    var redraws: Bool { isTerminal && !Terminal.isDumb }

    /// Standard output.
    init() throws {
        // Closed when the program was started, or open for reading only.
        let mode = fcntl(STDOUT_FILENO, F_GETFL)
        guard mode >= 0, mode & O_ACCMODE != O_RDONLY else { throw Self.failure(EBADF) }
        file = nil
        isTerminal = isatty(STDOUT_FILENO) == 1
    }

    /// A file, which is not touched yet; what cannot be written is refused here.
    init(path: String, _ form: OutputFile.Form) throws {
        file = try OutputFile(path, form)
        isTerminal = false
    }

    /// - Parameter path: `nil` is standard output.
    static func to(_ path: String?, _ form: OutputFile.Form) throws -> Output {
        try path.map { try Output(path: $0, form) } ?? Output()
    }

    /// Refuses one file under two names, or twice under one.
    static func refuseTwice(_ outputs: Output?...) throws {
        var seen: Set<OutputFile.Identity> = []
        for case let output? in outputs {
            guard let identity = output.identity, !seen.insert(identity).inserted else { continue }
            throw Failure.usage(
                "two outputs would go into one file, \(output.name): name another for one of them")
        }
    }

    private var identity: OutputFile.Identity? {
        if let file { return file.identity }
        var status = stat()
        return fstat(STDOUT_FILENO, &status) == 0 ? OutputFile.Identity(status) : nil
    }

    private var name: String { file?.path ?? "standard output" }

    /// The trace has begun: a report that grows takes its name.
    func begin() throws { try file?.begin() }

    /// All of it is written: a result takes its name.
    func finish() throws { try file?.finish() }

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
            let count = try bytes.extracting(written...).withUnsafeBytes {
                try file?.write($0) ?? Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count)
            }
            if count >= 0 {
                written += count
            } else if errno == EPIPE {
                throw OutputClosed()
            } else if errno != EINTR {
                throw file?.failure(errno) ?? Self.failure(errno)
            }
        }
    }

    private static func failure(_ number: Int32) -> Failure {
        .failed("cannot write the output: \(String(cString: strerror(number)))")
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
