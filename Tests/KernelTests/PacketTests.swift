// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// Filters on dropped packets, and the ways by which the kernel came to drop them.
    @Suite struct PacketTests {
        @Test(arguments: Lab.anyBackend)
        func onlyTheReasonsThatWereAskedFor(backend: Backend) throws {
            let namespace = try Namespace()
            guard Lab.kernel != "5.10" else {
                let failure = #expect(throws: TestFailure.self) {
                    _ = try Tracer.drops(backend, ["--reason", "NO_SOCKET"])
                }
                #expect(failure?.description.contains("gives no reasons") == true)
                return
            }
            let filters = [["--reason", "NO_SOCKET"], ["--reason", "TCP_FLAGS,TCP_RESET"], []]
            let tracers = try filters.map { try Tracer.drops(backend, $0 + ["--netns", namespace.name]) }
            try Load.run("-n 100 127.0.0.1 7999", in: namespace)
            for (tracer, filter) in zip(tracers, filters) {
                let trace = try tracer.finishDrops()
                let doubt = trace.summary.packetsMissed
                let count = trace.packets.filter { $0.reason == "NO_SOCKET" }.reduce(0) { $0 + $1.count }
                if filter.last == "TCP_FLAGS,TCP_RESET" {
                    #expect(trace.packets.allSatisfy { ["TCP_FLAGS", "TCP_RESET"].contains($0.reason) })
                } else {
                    #expect((100 - doubt...100).contains(count), "\(filter)")
                    #expect(filter.isEmpty || trace.packets.allSatisfy { $0.reason == "NO_SOCKET" })
                }
            }
        }

        /// More ports than there is room for are counted without their ports.
        @Test(arguments: Lab.anyBackend)
        func aScanOfPortsLosesNoCount(backend: Backend) throws {
            let namespace = try Namespace()
            let tracer = try Tracer.drops(backend, ["--netns", namespace.name])
            // Nobody listens, and each reset goes to another port, where nobody is either.
            let before = try namespace.counter("Tcp", "InSegs")
            let ports = Lab.isEmulated ? 12_000 : 20_000
            try Load.run("-c -Y 127.9.0.1 -n \(ports) 127.0.0.1 7999", in: namespace)
            // A slow machine takes the last of them late, and loses some in its backlog.
            let arrived = try namespace.counterAtRest("Tcp", "InSegs") - before
            let trace = try tracer.finishDrops()
            let doubt = trace.summary.packetsMissed
            let places = trace.packets.filter { $0.location.hasPrefix("tcp_v4_rcv") }
            #expect(trace.summary.lost.map == 0)
            #expect(arrived <= 2 * ports)
            #expect((arrived - doubt...arrived).contains(places.reduce(0) { $0 + $1.count }))
            // Each reset that arrived has a port of its own: what the shared table has room for, but for
            // some that found no free place in the middle of another's.
            #expect(places.count * 10 >= min(8192, arrived - ports) * 9)
            Lab.figure("\(backend.rawValue), scan: \(places.count) places of \(arrived) packets")
            #expect(places.contains { $0.port == nil && $0.count > 0 })
        }

        @Test(arguments: Lab.anyBackend)
        func aReasonThatDoesNotExistNamesThoseThatDo(backend: Backend) throws {
            try #require(Lab.kernel != "5.10" || backend != .tracepoint)
            let failure = #expect(throws: TestFailure.self) {
                _ = try Tracer.drops(backend, ["--reason", "NO_SOKCET"])
            }
            let says = Lab.kernel == "5.10" ? "gives no reasons" : "near it: NO_SOCKET"
            #expect(failure?.description.contains(says) == true)
        }

        /// Every packet is in one stack, and a stack ends where the packet was dropped.
        @Test(arguments: Lab.anyBackend)
        func stacksAddUpToTheDrops(backend: Backend) throws {
            let namespace = try Namespace()
            let tracer = try Tracer.drops(backend, ["--stacks", "--netns", namespace.name])
            try Load.run("-t 4 -n 200 127.0.0.1 7999", in: namespace)
            try Load.run("-n 50 ::1 7998", in: namespace)
            let trace = try tracer.finishDrops()
            let places = Dictionary(grouping: trace.packets) { "\($0.reason ?? "") \($0.location)" }
            let stacks = Dictionary(grouping: trace.stacks) { "\($0.reason ?? "") \($0.location)" }
            #expect(!places.isEmpty && Set(places.keys) == Set(stacks.keys))
            for (place, packets) in places {
                let byStack = stacks[place]?.reduce(0) { $0 + $1.count }
                #expect(byStack == packets.reduce(0) { $0 + $1.count }, "\(place)")
            }
            let refused = trace.stacks.filter { $0.location.hasPrefix("tcp_v") }
            #expect(!refused.isEmpty)
            for stack in refused {
                guard let frames = stack.stack else { continue }
                #expect(frames.last == stack.location && frames.count > 5)
            }
            let lost = trace.stacks.filter { $0.stack == nil }.reduce(0) { $0 + $1.count }
            Lab.figure(
                "\(backend.rawValue), drops --stacks: \(trace.stacks.count) stacks, \(lost) packets without")
        }

        /// The socket's cgroup counts, not that of whoever the packet's end interrupts.
        @Test(
            .enabled(if: Lab.isEmulated, "a rule of nftables drops the packets: only in a guest"),
            arguments: Lab.anyBackend)
        func packetsOfACgroupsSockets(backend: Backend) throws {
            let namespace = try Namespace()
            try namespace.run(
                "nft 'table inet tcpwhy { chain output { type filter hook output priority 0; "
                    + "tcp dport 7005 drop; }; }'")
            let group = try ControlGroup()
            let child = try ControlGroup(below: group)
            let inside = try Load("-s -q -n 40 127.0.0.1 7005", in: namespace)
            let outside = try Load("-s -q -n 70 127.0.0.1 7005", in: namespace)
            try child.add(inside.pid)
            let filters = [["--cgroup", group.path], ["--cgroup", child.path], []]
            let tracers = try filters.map { try Tracer.drops(backend, $0 + ["--netns", namespace.name]) }
            for load in [inside, outside] {
                load.go()
                _ = try load.result()
            }
            for (tracer, count) in zip(tracers, [40, 40, 110]) {
                let trace = try tracer.finishDrops()
                let doubt = trace.summary.packetsMissed
                let dropped = trace.packets.filter {
                    $0.reason == "NETFILTER_DROP" || $0.reason == nil && $0.location.hasPrefix("nf_hook_slow")
                }
                #expect((count - doubt...count).contains(dropped.reduce(0) { $0 + $1.count }))
            }
            for load in [inside, outside] { try load.wait() }
            withExtendedLifetime(group) { child.remove() }
        }

        /// Whoever hides the kernel's addresses gets no names of functions, and is told why.
        @Test(.enabled(if: Lab.isEmulated, "hides the kernel's addresses from everybody: only in a guest"))
        func placesWithoutSymbols() throws {
            let path = "/proc/sys/kernel/kptr_restrict"
            let former = try String(contentsOfFile: path, encoding: .utf8)
            defer { try? former.write(toFile: path, atomically: false, encoding: .utf8) }
            try "2\n".write(toFile: path, atomically: false, encoding: .utf8)
            let namespace = try Namespace()
            let tracer = try Tracer.drops(.tracepoint, ["--netns", namespace.name])
            try Load.run("-n 20 127.0.0.1 7999", in: namespace)
            let trace = try tracer.finishDrops()
            let refused = trace.packets.filter { $0.port == 7999 }
            #expect(!refused.isEmpty && refused.allSatisfy { $0.location.hasPrefix("0x") })
            let why =
                "places are shown as addresses: the kernel hides its addresses (kernel.kptr_restrict is 2)"
            #expect(tracer.child.error.contains(why), "\(tracer.child.error)")
        }

        /// A listening socket is where it was made; what others lose is still known to be theirs.
        @Test(arguments: Lab.anyBackend)
        func listenersOfACgroup(backend: Backend) throws {
            let namespace = try Namespace()
            let group = try ControlGroup()
            let starter = try StartedIn(group)
            let listen = "-L -n 0 -B 2 -i 600 127.0.0.1"
            let inside = try Load(path: starter.path, "\(listen) 7001", in: namespace)
            let outside = try Load("\(listen) 7002", in: namespace)
            for server in [inside, outside] { _ = try server.result() }
            let run = try DropsRun(backend, ["--cgroup", group.path], in: namespace) {
                for port in [7001, 7002] {
                    try Load.run("-n 3 127.0.0.1 \(port)", in: namespace)
                    try Load.run("-q -n 20 127.0.0.1 \(port)", in: namespace)
                }
            }
            #expect(run.trace.rows.map(\.pid) == [[inside.pid]])
            let row = try #require(run.trace.rows.first)
            #expect(row.cgroup == group.inode && row.port == 7001)
            #expect(run.truth.drops >= 30)
            if backend != .tracepoint {
                #expect(run.trace.summary.notAttributed == 0 && row.listenDrops ?? 0 < run.truth.drops)
            }
            // Nobody may be in a cgroup that goes.
            try withExtendedLifetime(group) { try inside.end() }
        }
    }
}

extension ControlGroup {
    var inode: UInt64 {
        var status = stat()
        stat(path, &status)
        return UInt64(status.st_ino)
    }
}

/// A command that enters a cgroup and becomes tcpload there.
private final class StartedIn {
    let path: String
    private let folder = "\(NSTemporaryDirectory())/tcpwhy-\(UUID().uuidString)"

    init(_ group: ControlGroup) throws {
        path = "\(folder)/start"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let load = URL(fileURLWithPath: Lab.tcpload).path
        let script = "#!/bin/sh\necho $$ >'\(group.path)/cgroup.procs' && exec '\(load)' \"$@\"\n"
        try script.write(toFile: path, atomically: false, encoding: .utf8)
        chmod(path, 0o700)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
}
