// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests.WeightTests {
    /// Those that do not hide who called what drops a packet.
    static let dropping = Lab.backends.filter { !hidesCallers($0) }

    /// SYNs to a full accept queue, and packets to a port where nobody listens: `tcpwhy drops`
    /// sees the same.
    @Test(arguments: dropping)
    func dropsAreThosePacketsThatDropsCounts(backend: Backend) throws {
        let namespace = try Namespace()
        let server = try Load("-L -n 0 -B 2 -i 600 127.0.0.1 7001", in: namespace)
        _ = try server.result()
        try namespace.fillAcceptQueue("127.0.0.1", 7001, 3)
        if Lab.isEmulated {
            try namespace.run(
                "nft 'table inet tcpwhy { chain output { type filter hook output priority 0; "
                    + "tcp dport 7005 drop; }; }'")
        }
        let drops = try Tracer.drops(backend, ["--netns", namespace.name])
        let tracer = try WeighedTrace.Tracer("drops", backend, ["--json", "--netns", namespace.name])
        try Load.run("-q -n 50 127.0.0.1 7001", in: namespace)
        try Load.run("-n 100 127.0.0.1 7999", in: namespace)
        try Load.run("-n 30 ::1 7998", in: namespace)
        if Lab.isEmulated { try Load.run("-q -n 40 127.0.0.1 7005", in: namespace) }
        let trace = try tracer.finish()
        let rows = try drops.finishDrops()
        try server.end()

        let packets = rows.packets.filter { $0.class != "unclear" }.reduce(0) { $0 + $1.count }
        let syns = backend.seesSearch ? rows.summary.causes?[.acceptQueueFullSYN] ?? 0 : 0
        let summary = trace.summary
        Lab.figure(
            "\(backend.rawValue), drops: \(trace.sum) packets in \(trace.stacks.count) stacks, tcpwhy drops "
                + "\(packets) packets and \(syns) SYNs; unclear \(summary.unclear ?? 0)")
        #expect(trace.sum == summary.total && trace.sum == summary.counted)
        #expect(summary.syns == (backend.seesSearch ? syns : nil))
        let doubt =
            summary.missedByProbe.values.reduce(0, +) + rows.summary.missedByProbe.values.reduce(0, +)
        if doubt == 0 {
            #expect(trace.sum == UInt64(packets + syns))
            #expect(syns == (backend.seesSearch ? 50 : 0))
        }
        expectReasons(trace, backend)
    }

    /// The last frame says why, and below it is who dropped the packet.
    private func expectReasons(_ trace: WeighedTrace, _ backend: Backend) {
        func packets(_ reason: String, _ function: String) -> UInt64 {
            trace.sum { stack in
                // nf_tables drops by itself on newer kernels, some frames further in.
                let end = stack.frames.suffix(reason == "NETFILTER_DROP" ? 4 : 2)
                guard Lab.kernel != "5.10" || reason == "accept_queue_full_syn" else {
                    return stack.frames.last?.hasPrefix(function) == true
                }
                return end.last == reason && end.contains { $0.hasPrefix(function) }
            }
        }
        #expect(packets("NO_SOCKET", "tcp_v4_rcv") == 100)
        #expect(packets("NO_SOCKET", "tcp_v6_rcv") == 30)
        if Lab.isEmulated { #expect(packets("NETFILTER_DROP", "nf_hook_slow") == 40) }
        if backend.seesSearch { #expect(packets("accept_queue_full_syn", "tcp_conn_request_[k]") == 50) }
        for stack in trace.stacks {
            #expect(stack.pid == nil && stack.comm == nil)
            #expect(
                stack.frames.count > 5 && !stack.frames.contains { $0.hasPrefix("bpf_") }, "\(stack.frames)")
        }
    }

    /// The kernel makes no room for more frames than its setting allows.
    @Test(.enabled(if: Lab.isEmulated, "changes a setting of the whole kernel: only in a guest"))
    func stacksAreAsDeepAsTheKernelAllows() throws {
        let path = "/proc/sys/kernel/perf_event_max_stack"
        let former = try String(contentsOfFile: path, encoding: .utf8)
        // Refused (EBUSY) as long as a stack map is there, which goes some time after its program.
        func set(_ value: String) -> Bool {
            Lab.wait { (try? value.write(toFile: path, atomically: false, encoding: .utf8)) != nil }
        }
        #expect(set("6\n"))
        defer { #expect(set(former)) }
        let namespace = try Namespace()
        let says = "with a stack truncated at 6 frames (kernel.perf_event_max_stack)"
        for backend in Self.whole.prefix(1) {
            let tracer = try WeighedTrace.Tracer("port-time", backend, ["--netns", namespace.name])
            try Load.run("-n 20 127.0.0.1 7001", in: namespace)
            try tracer.end()
            #expect(tracer.child.error.contains(says), "\(tracer.child.error)")
            #expect(String(decoding: tracer.child.output, as: UTF8.self).contains("[truncated]_[k]"))
        }
        let child = try Child([Lab.tcpwhy, "profile", "-F", "99", "-d", "5"])
        #expect(Lab.wait { child.hasEnded || child.error.hasPrefix("tcpwhy: sampling ") })
        try Load.run("-t 2 -d 2 127.0.0.1 7001", in: namespace)
        #expect(try child.wait() == 0)
        #expect(child.error.contains(says), "\(child.error)")
    }
}
