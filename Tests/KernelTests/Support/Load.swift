// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A run of tcpload, which makes known connects and says how each ended.
final class Load {
    /// What it says.
    struct Result: Decodable {
        var pid: UInt32
        /// Failed ones included.
        var connects: Int
        var succeeded: Int
        var failed: [String: Int]
    }

    private let child: Child

    var pid: UInt32 { UInt32(child.pid) }

    /// Starts it; with -s it then waits for `go`.
    init(path: String = Lab.tcpload, _ arguments: String, in namespace: Namespace) throws {
        child = try Child(
            namespace.enter([path] + arguments.split(separator: " ").map(String.init)))
    }

    /// Runs it to its end.
    @discardableResult
    static func run(_ arguments: String, in namespace: Namespace) throws -> Result {
        let load = try Load(arguments, in: namespace)
        let result = try load.result()
        try load.child.wait()
        return result
    }

    func go() { child.enter() }

    /// What it did; with -i it stays after that, its sockets held.
    func result(seconds: Double = 300) throws -> Result {
        guard Lab.wait(seconds, until: { child.hasEnded || child.output.last == UInt8(ascii: "\n") }),
            let line = child.output.split(separator: UInt8(ascii: "\n")).first
        else { throw TestFailure("tcpload says nothing: \(child.error)") }
        return try JSONDecoder().decode(Result.self, from: line)
    }

    /// Waits until one that does not stay has ended by itself.
    func wait() throws { try child.wait() }

    /// The inodes of its sockets, by descriptor.
    var sockets: [UInt32: UInt32] {
        let folder = "/proc/\(pid)/fd"
        var inodes: [UInt32: UInt32] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
            guard let target, target.hasPrefix("socket:["), let descriptor = UInt32(name) else { continue }
            inodes[descriptor] = UInt32(target.dropFirst("socket:[".count).dropLast())
        }
        return inodes
    }

    /// Ends one that stays.
    func end() throws {
        child.signal(SIGKILL)
        try child.wait()
    }
}

extension [Load.Result] {
    var connects: Int { reduce(0) { $0 + $1.connects } }

    var failed: [String: Int] {
        reduce(into: [:]) { sum, result in sum.merge(result.failed) { $0 + $1 } }
    }
}
