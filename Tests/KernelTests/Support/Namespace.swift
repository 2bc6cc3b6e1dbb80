// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A network namespace of the test's own, with loopback up. It is gone when this
/// is, and with the test's process, however that ends: what holds it reads our pipe.
final class Namespace {
    private let holder: Child

    init() throws {
        holder = try Child([
            "unshare", "--net", "sh", "-c", "ip link set lo up && echo ready && exec cat",
        ])
        guard Lab.wait(until: { !holder.output.isEmpty || holder.hasEnded }), !holder.hasEnded else {
            throw TestFailure("cannot make a network namespace: \(holder.error)")
        }
    }

    var path: String { "/proc/\(holder.pid)/ns/net" }
    /// For `tcpwhy --netns`.
    var name: String { "pid:\(holder.pid)" }

    var inode: UInt32 {
        var status = stat()
        stat(path, &status)
        return UInt32(status.st_ino)
    }

    /// Puts a command into the namespace; the process id stays the same.
    func enter(_ arguments: [String]) -> [String] { ["nsenter", "--net=\(path)"] + arguments }

    func run(_ script: String) throws {
        try Child.run(enter(["sh", "-ec", script]))
    }

    func set(_ name: String, _ value: String) throws {
        try run("echo '\(value)' > /proc/sys/net/\(name)")
    }

    func setPorts(_ low: Int, _ high: Int) throws {
        try set("ipv4/ip_local_port_range", "\(low) \(high)")
    }

    private func file(_ name: String) throws -> String {
        try String(contentsOfFile: "/proc/\(holder.pid)/net/\(name)", encoding: .utf8)
    }

    /// Sockets towards a port whose own port is in `range`, by /proc/net/tcp (tcp6).
    func sockets(_ table: String = "tcp", to port: UInt16, in range: ClosedRange<UInt16>) throws -> (
        all: Int, timeWait: Int
    ) {
        var counts = (all: 0, timeWait: 0)
        for line in try file(table).split(separator: "\n").dropFirst() {
            let words = line.split(separator: " ")
            guard words.count > 3, words[2].hasSuffix(String(format: ":%04X", Int(port))),
                let own = UInt16(words[1].suffix(4), radix: 16), range.contains(own)
            else { continue }
            counts.all += 1
            if words[3] == "06" { counts.timeWait += 1 }
        }
        return counts
    }

    /// A counter of the namespace, as in /proc/net/netstat: "TcpExt", "TWRecycled".
    func counter(_ group: String, _ name: String) throws -> Int {
        for table in ["netstat", "snmp"] {
            let lines = try file(table).split(separator: "\n").filter { $0.hasPrefix("\(group):") }
            guard lines.count == 2,
                let index = lines[0].split(separator: " ").firstIndex(of: Substring(name)),
                let value = Int(lines[1].split(separator: " ")[index])
            else { continue }
            return value
        }
        throw TestFailure("no counter \(group) \(name)")
    }
}
