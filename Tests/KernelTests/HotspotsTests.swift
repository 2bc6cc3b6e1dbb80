// SPDX-License-Identifier: Apache-2.0
import Testing

extension KernelTests {
    /// Functions of loads of which it is known what they do.
    @Suite struct HotspotsTests {
        private static let seconds = Lab.isEmulated ? 4.0 : 2.0

        /// Nearly all ports are held, and none is given away again: connects search.
        @Test(arguments: Lab.backends)
        func theSearchForPortsShows(backend: Backend) throws {
            let namespace = try Namespace()
            let size = Lab.isEmulated ? 2000 : 4000
            try namespace.setPorts(20000, 19999 + size)
            let held = try Load("-t 4 -n \(size - 10) -l -k -i 600 127.0.0.1 7001", in: namespace)
            guard try held.result().succeeded == size - 10 else { throw TestFailure("cannot hold ports") }
            let trace = try HotspotsTrace.of(["--netns", namespace.name, "-c", "tcpload"], by: backend) {
                try Load.run("-d \(Self.seconds) 127.0.0.1 7001", in: namespace)
            }
            try held.end()
            let ports = trace.summary.portAllocation
            let share = try #require(ports.share)
            Lab.figure(
                "\(backend.rawValue), hotspots: search \(share) of \(trace.summary.samples) samples, exact "
                    + "\(ports.exactShare.map { "\($0)" } ?? "none"); lost \(trace.summary.lost)")
            #expect(share > 0.2)
            #expect(try #require(ports.total("__inet_hash_connect")) > 0.2)
            #expect(try #require(ports.total("tcp_v4_connect")) >= share)
            #expect(try #require(ports.total("__inet_check_established")) > 0)
            #expect(ports.total("tcp_v6_connect") == 0 && ports.total("__inet6_check_established") == 0)
            // Before 5.15 a kretprobe hides who called its function.
            if backend.seesSearch && !(backend == .kprobe && Lab.kernel == "5.10") {
                #expect(ports.backend == backend.rawValue && ports.notTimed == nil)
                // One thread: at most one of the CPUs at a time.
                #expect((0.01...1).contains(try #require(ports.exactShare)))
            } else {
                #expect(ports.backend == nil && ports.exactShare == nil && ports.notTimed != nil)
            }
            expectWhole(trace)
        }

        @Test func aFunctionThatTakesACPUIsAllThereIs() throws {
            let spinner = try Child([Lab.tcpload, "-x", "600", "127.0.0.1", "1"])
            defer { spinner.signal(9) }
            let trace = try HotspotsTrace.of(["-p", "\(spinner.pid)"]) {
                _ = Lab.wait(Self.seconds) { false }
            }
            func row(_ symbol: String) throws -> HotspotsTrace.Row {
                try #require(trace.rows.first { $0.symbol == symbol })
            }
            let inner = try row("spin_inner")
            let outer = try row("spin_outer")
            Lab.figure("hotspots: spin_inner has \(inner.`self`) of \(trace.summary.samples) samples")
            #expect(inner.module == "tcpload" && inner.mode == "user")
            // Interrupts are the kernel's, and an emulator's last longer.
            #expect(inner.`self` > (Lab.isEmulated ? 0.8 : 0.95))
            #expect(outer.`self` < 0.05 && outer.total >= inner.`self`)
            #expect(trace.summary.functions.first?.symbol == "spin_inner")
            #expect(trace.summary.portAllocation.share == 0)
            expectWhole(trace)
        }

        @Test(.onOneKernel)
        func nothingOfAProcessThatDoesNotRun() throws {
            let trace = try HotspotsTrace.of(["-c", "no-such-name"]) {
                _ = Lab.wait(0.3) { false }
            }
            #expect(trace.summary.samples == 0 && trace.rows.isEmpty)
            #expect(trace.summary.portAllocation.share == nil)
        }

        @Test(.onOneKernel)
        func onlyTheCPUThatWasAskedFor() throws {
            let trace = try HotspotsTrace.of(["--cpu", "0"]) { _ = Lab.wait(1) { false } }
            #expect(trace.summary.portAllocation.exactShare == nil)
            #expect(trace.cpus.allSatisfy { $0.cpu == 0 })
            expectWhole(trace)
        }

        /// What there is adds up: functions with and without a name, and what is in no row.
        private func expectWhole(_ trace: HotspotsTrace, sourceLocation: SourceLocation = #_sourceLocation) {
            let samples = trace.summary.samples
            let own = trace.rows.reduce(0) { $0 + $1.selfSamples }
            #expect(own + trace.summary.lost.unplaced == samples, sourceLocation: sourceLocation)
            let shares = trace.rows.reduce(0) { $0 + $1.`self` }
            if samples > 0 && trace.allocations.count == 1 && trace.summary.lost.unplaced == 0 {
                #expect(abs(shares - 1) < 0.001, sourceLocation: sourceLocation)
            }
            for cpu in trace.cpus {
                let parts = [
                    cpu.user, cpu.nice, cpu.system, cpu.softirq, cpu.irq, cpu.iowait, cpu.steal, cpu.idle,
                ].compactMap { $0 }
                #expect(parts.isEmpty || abs(parts.reduce(0, +) - 1) < 0.001, sourceLocation: sourceLocation)
            }
        }
    }
}
