// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

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

    /// Nothing is left in it, and nothing holds it.
    func end() throws {
        holder.signal(SIGKILL)
        _ = try holder.wait()
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

    /// A late segment's RST ends TIME_WAIT otherwise, now and then.
    func keepTimeWait() throws { try set("ipv4/tcp_rfc1337", "1") }

    func setPorts(_ low: Int, _ high: Int) throws {
        try set("ipv4/ip_local_port_range", "\(low) \(high)")
    }

    func file(_ name: String) throws -> String {
        // Foundation reads no more than a page of a file whose size is 0.
        let path = "/proc/\(holder.pid)/net/\(name)"
        guard let file = FileHandle(forReadingAtPath: path) else { throw TestFailure("no \(path)") }
        var text = Data()
        while let part = try file.read(upToCount: 1 << 16), !part.isEmpty { text += part }
        return String(decoding: text, as: UTF8.self)
    }

    /// Sockets towards port 7001 whose own port is in `range`, by /proc/net/tcp (tcp6).
    private func sockets(_ table: String, in range: ClosedRange<UInt16>) throws -> Held {
        var held = Held(all: 0, timeWait: 0)
        for line in try file(table).split(separator: "\n").dropFirst() {
            let words = line.split(separator: " ")
            guard words.count > 3, words[2].hasSuffix(":1B59"),
                let own = UInt16(words[1].suffix(4), radix: 16), range.contains(own)
            else { continue }
            held.all += 1
            if words[3] == "06" { held.timeWait += 1 }
        }
        return held
    }

    struct Held: Equatable {
        var all: Int
        var timeWait: Int
    }

    /// The same, once their number has come to rest.
    func quietSockets(
        towards address: String, in range: ClosedRange<UInt16>
    ) throws -> Held {
        let table = address.contains(":") ? "tcp6" : "tcp"
        var last: Held?
        let rests = try Lab.wait {
            let now = try sockets(table, in: range)
            defer { last = now }
            usleep(300_000)
            return now == last
        }
        guard rests, let last else { throw TestFailure("the sockets do not come to rest") }
        return last
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

    /// The same, once it no longer grows.
    func counterAtRest(_ group: String, _ name: String) throws -> Int {
        var last = try counter(group, name)
        let rests = try Lab.wait {
            usleep(100_000)
            let now = try counter(group, name)
            defer { last = now }
            return now == last
        }
        guard rests else { throw TestFailure("\(group) \(name) does not come to rest") }
        return last
    }

    var hasOwnRange: Bool { (try? Load.run("-r 40000,40009 127.0.0.1 1", in: self)) != nil }

    func requireOwnRange() throws {
        if !hasOwnRange { try Test.cancel("this kernel has no IP_LOCAL_PORT_RANGE (6.3)") }
    }

    /// An address of its own, 10.99.0.1, in a network whose other addresses nobody
    /// has: what is sent to them gets lost on the way, without a word.
    /// - Parameter end: where it gets lost; else in this namespace.
    func addDeadNetwork(ending end: Namespace? = nil) throws {
        try run(
            "ip link add dead0 type veth; ip link set dead0 arp off; ip link set dead0 up; "
                + (end.map { "ip link set veth0 netns \($0.holder.pid); " } ?? "ip link set veth0 up; ")
                + "ip address add 10.99.0.1/24 dev dead0")
        try end?.run("ip link set veth0 up")
    }

    /// Without cookies each answer to a SYN is remembered, and so is the handshake that
    /// its client's reset ends (EmbryonicRsts). A reset that no handshake is known for
    /// adds to the listening socket's own counter alone.
    func sendNoCookies() throws { try set("ipv4/tcp_syncookies", "0") }

    /// How many connections wait for accept, by the listening socket's inode, by
    /// /proc/net/tcp and tcp6. When several CPUs find the last free place at once, each
    /// takes it: then there are more than fit.
    func acceptQueues() throws -> [UInt32: Int] { try acceptQueues { _ in true } }

    func acceptQueue(_ port: UInt16) throws -> Int {
        let suffix = ":" + String(format: "%04X", port)
        return try acceptQueues { $0.hasSuffix(suffix) }.values.reduce(0, +)
    }

    private func acceptQueues(where isWanted: (Substring) -> Bool) throws -> [UInt32: Int] {
        var queues: [UInt32: Int] = [:]
        for table in ["tcp", "tcp6"] {
            for line in try file(table).split(separator: "\n").dropFirst() {
                let words = line.split(separator: " ")
                guard words.count > 9, words[3] == "0A", isWanted(words[1]), let inode = UInt32(words[9])
                else { continue }
                queues[inode] = Int(words[4].suffix(8), radix: 16)
            }
        }
        return queues
    }

    /// So many connects that wait for accept, which must be all that there is room for
    /// if later ones are to be lost. A connect has succeeded before the server has its
    /// ACK, which a reset sent from another CPU may overtake: so the sockets are kept
    /// until all have arrived.
    func fillAcceptQueue(_ address: String, _ port: UInt16, _ count: Int) throws {
        let load = try Load("-k -n \(count) -i 600 \(address) \(port)", in: self)
        guard try load.result().succeeded == count, try Lab.wait(until: { try acceptQueue(port) == count })
        else { throw TestFailure("the accept queue of \(address) \(port) does not fill") }
        try load.end()
    }

    /// Handshakes of a port that are not over yet, by /proc/net/tcp.
    func halfOpen(_ port: UInt16) throws -> Int {
        let suffix = ":" + String(format: "%04X", port)
        return try file("tcp").split(separator: "\n").dropFirst().count { line in
            let words = line.split(separator: " ")
            return words.count > 3 && words[1].hasSuffix(suffix) && words[3] == "03"
        }
    }
}
