// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What one run of `tcpwhy profile --weight … --json` printed.
struct WeighedTrace {
    /// A line of kind "stack".
    struct Stack: Decodable {
        var pid: UInt32?
        var comm: String?
        var frames: [String]
        var count: UInt64
    }

    struct Summary: Decodable {
        var weight, unit, backend: String
        var total, counted: UInt64
        var searches: Int?
        var method: String?
        var syns, unclear: Int?
        var withoutStack, truncated: UInt64
        var maxFrames: Int
        var lost: Trace.Lost
        var missedByProbe: [String: Int]
    }

    let stacks: [Stack]
    let summary: Summary

    var sum: UInt64 { stacks.reduce(0) { $0 + $1.count } }

    /// Of the stacks that a condition holds for.
    func sum(where isMeant: (Stack) -> Bool) -> UInt64 {
        stacks.reduce(0) { $0 + (isMeant($1) ? $1.count : 0) }
    }

    init(_ output: Data) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let last = output.lines.last else { throw TestFailure("no lines") }
        stacks = try output.lines.dropLast().map { try decoder.decode(Stack.self, from: $0) }
        summary = try decoder.decode(Summary.self, from: last)
    }

    /// A run that has not ended.
    final class Tracer {
        let child: Child

        /// Starts it and waits until it traces.
        init(_ weight: String, _ backend: Backend, _ arguments: [String]) throws {
            child = try Child(
                [Lab.tcpwhy, "profile", "--weight", weight, "--backend", backend.rawValue] + arguments)
            let traces = Lab.wait(400) { child.hasEnded || child.error.hasPrefix("tcpwhy: tracing, ") }
            guard traces, !child.hasEnded else { throw TestFailure("tcpwhy does not trace: \(child.error)") }
        }

        func end() throws {
            child.signal(SIGINT)
            let status = try child.wait()
            guard status == 0 else { throw TestFailure("tcpwhy ended with \(status): \(child.error)") }
        }

        /// With --json.
        func finish() throws -> WeighedTrace {
            try end()
            return try WeighedTrace(child.output)
        }
    }
}
