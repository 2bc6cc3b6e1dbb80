// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// A table of tracked connections that is full, against the kernel's own counter. The
    /// limit is every namespace's: only a guest's may be changed.
    @Suite(.enabled(if: Lab.isEmulated, "the limit of the machine's own namespaces stays as it is"))
    struct ConntrackTests {
        @Test(arguments: Lab.probing)
        func everyConnectionWithoutRoom(backend: Backend) throws {
            let namespaces = try [Namespace(), Namespace()]
            for namespace in namespaces { try namespace.trackConnections() }
            let limit = try ConntrackLimit(8)
            let servers = try namespaces.map { try Load("-L -n 8 -k -i 600 127.0.0.1 7001", in: $0) }
            for server in servers { #expect(try server.result().succeeded == 8) }
            let before = try namespaces.map { try $0.conntrackDrops() }
            // Started by itself: it must see the namespaces' drops, whosever they are.
            let tracer = try Tracer.drops(backend, [])
            let counts = [60, 140]
            for (namespace, count) in zip(namespaces, counts) {
                try Load.run("-q -t 4 -n \(count) 127.0.0.1 7001", in: namespace)
            }
            let truth = try zip(namespaces, before).map { try $0.conntrackDrops() - $1 }
            let trace = try tracer.finishDrops()
            #expect(truth == counts)
            let missed = trace.summary.missedByProbe.filter { $0.key.hasSuffix("_early_drop") }
            let doubt = missed.values.reduce(0, +)
            // Module types come with 5.11.
            let isExact = !(backend == .fentry && Lab.kernel == "5.10")
            for (namespace, count) in zip(namespaces, counts) {
                let rows = trace.conntrack.filter { $0.netns == namespace.inode }
                let row = try #require(rows.first)
                #expect(rows.count == 1)
                #expect((count - doubt...count).contains(row.full ?? -1))
                #expect(row.count == 8 && row.max == 8 && row.insertFailed == 0 && row.earlyDrop == 0)
                #expect(row.backend == (isExact ? backend.rawValue : "counter"))
            }
            #expect(trace.summary.lost.map == 0)
            #expect(tracer.child.error.contains("conntrack by the kernel's counter") == !isExact)
            Lab.figure("\(backend.rawValue), conntrack: \(counts) without room, misses \(missed)")
            limit.restore()
        }

        /// Without the module there is nothing to tell; when it comes later, its counters stand in.
        @Test(arguments: Lab.anyBackend)
        func aModuleThatComesLater(backend: Backend) throws {
            #expect(Lab.wait(60) { Self.unloadConntrack() })
            let namespace = try Namespace()
            let run = try DropsRun(backend, in: namespace) {}
            #expect(run.trace.conntrack.isEmpty)
            let tracer = try Tracer.drops(backend, ["--netns", namespace.name])
            #expect(tracer.child.error == tracer.announcement)
            try namespace.trackConnections()
            let limit = try ConntrackLimit(8)
            let server = try Load("-L -n 8 -k -i 600 127.0.0.1 7001", in: namespace)
            #expect(try server.result().succeeded == 8)
            try Load.run("-q -n 20 127.0.0.1 7001", in: namespace)
            let trace = try tracer.finishDrops()
            let row = try #require(trace.conntrack.first)
            #expect(trace.conntrack.count == 1 && row.backend == "counter" && row.full == 20)
            #expect(tracer.child.error.contains("nf_conntrack is not loaded"))
            limit.restore()
        }

        private static func unloadConntrack() -> Bool {
            _ = try? Child.run(["sh", "-c", "modprobe -r nft_ct nf_conntrack 2>/dev/null; true"])
            return !FileManager.default.fileExists(atPath: "/sys/module/nf_conntrack")
        }
    }
}

extension Namespace {
    /// Connections are tracked from here on: a rule needs it.
    func trackConnections() throws {
        try run(
            "nft 'table inet tcpwhy { chain input { type filter hook input priority 0; "
                + "ct state invalid counter; }; }'")
    }

    /// Packets that the kernel dropped for want of room, all CPUs: it counts in hexadecimal.
    func conntrackDrops() throws -> Int {
        let lines = try file("stat/nf_conntrack").split(separator: "\n").map { $0.split(separator: " ") }
        guard let column = lines.first?.firstIndex(of: "drop") else { throw TestFailure("no counter drop") }
        return lines.dropFirst().reduce(0) { $0 + (Int($1[column], radix: 16) ?? 0) }
    }
}

/// `nf_conntrack_max`, as long as this lives.
private final class ConntrackLimit {
    private static let path = "/proc/sys/net/netfilter/nf_conntrack_max"
    private let former: String

    init(_ limit: Int) throws {
        former = try String(contentsOfFile: Self.path, encoding: .utf8)
        try "\(limit)\n".write(toFile: Self.path, atomically: false, encoding: .utf8)
    }

    func restore() { try? former.write(toFile: Self.path, atomically: false, encoding: .utf8) }

    deinit { restore() }
}
