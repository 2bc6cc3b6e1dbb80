// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A running `tcpwhy ports --json`, or another command.
final class Tracer {
    let child: Child

    private let backend: Backend

    /// Starts it and waits until it traces. Without an `interval` it reports once,
    /// at its end.
    convenience init(_ backend: Backend, _ arguments: [String] = []) throws {
        try self.init(starting: backend, arguments)
        try waitUntilItTraces()
    }

    /// Starts it.
    init(
        _ command: String = "ports", starting backend: Backend, _ arguments: [String] = [],
        every interval: String = "3600",
        output: Int32? = nil
    ) throws {
        self.backend = backend
        child = try Child(
            [Lab.tcpwhy, command, interval, "--json", "--backend", backend.rawValue] + arguments,
            output: output)
    }

    /// All that it says on standard error if nothing is wrong.
    var announcement: String { "tcpwhy: tracing, backend \(backend.rawValue); Ctrl-C ends\n" }

    func waitUntilItTraces() throws {
        // Under the emulator, a dozen tracers that start at once take their time.
        let attached = Lab.wait(400) { child.hasEnded || child.error.hasPrefix(announcement) }
        guard attached, !child.hasEnded else {
            throw TestFailure("tcpwhy does not trace with \(backend.rawValue): \(child.error)")
        }
    }

    /// Ends it as Ctrl-C does and reads all that it said.
    func finish() throws -> Trace {
        child.signal(SIGINT)
        return try ended()
    }

    /// Waits for its own end.
    func ended() throws -> Trace { try Trace(outputOnceEnded()) }

    private func outputOnceEnded() throws -> Data {
        let status = try child.wait()
        guard status == 0 else { throw TestFailure("tcpwhy ended with \(status): \(child.error)") }
        return child.output
    }

    /// Traces what `body` does in a namespace.
    static func trace(
        _ backend: Backend, _ arguments: [String] = [], in namespace: Namespace, _ body: () throws -> Void
    ) throws -> Trace {
        let tracer = try Tracer(backend, arguments + ["--netns", namespace.name])
        try body()
        return try tracer.finish()
    }

    /// Starts `tcpwhy drops --json` and waits until it traces.
    static func drops(
        _ backend: Backend, _ arguments: [String], every interval: String = "3600"
    ) throws
        -> Tracer
    {
        let tracer = try Tracer("drops", starting: backend, arguments, every: interval)
        try tracer.waitUntilItTraces()
        return tracer
    }

    func finishDrops() throws -> DropsTrace {
        child.signal(SIGINT)
        return try endedDrops()
    }

    func endedDrops() throws -> DropsTrace { try DropsTrace(outputOnceEnded()) }
}
