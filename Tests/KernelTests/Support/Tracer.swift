// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A running `tcpwhy ports --json`.
final class Tracer {
    let child: Child

    /// Starts it and waits until it traces. Without an interval in `arguments` it
    /// reports once, at its end.
    init(_ backend: Backend, _ arguments: [String] = [], interval: String = "3600", output: Int32? = nil) throws {
        child = try Child(
            [Lab.tcpwhy, "ports", interval, "--json", "--backend", backend.rawValue] + arguments,
            output: output)
        // It watches for signals when everything is attached, and not before.
        let attached = Lab.wait {
            child.hasEnded || child.descriptors().contains { $0.target.contains("[signalfd]") }
        }
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
    func ended() throws -> Trace {
        let status = try child.wait()
        guard status == 0 else { throw TestFailure("tcpwhy ended with \(status): \(child.error)") }
        return try Trace(child.output)
    }

    /// Traces what `body` does in a namespace.
    static func trace(
        _ backend: Backend, _ arguments: [String] = [], in namespace: Namespace, _ body: () throws -> Void
    ) throws -> Trace {
        let tracer = try Tracer(backend, arguments + ["--netns", namespace.name])
        try body()
        return try tracer.finish()
    }
}
