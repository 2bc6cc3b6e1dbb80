// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// How a trace ends.
    @Suite struct LifeTests {
        @Test(arguments: Lab.backends)
        func killedItLeavesNothingInTheKernel(backend: Backend) throws {
            let namespace = try Namespace()
            let tracer = try Tracer(backend, ["--netns", namespace.name, "--events"])
            let load = try Load("-t 2 -d 1 -l 127.0.0.1 7001", in: namespace)
            usleep(500_000)
            let objects = KernelObjects(of: tracer.child)
            #expect(!objects.isEmpty && !objects.remaining.isEmpty)
            tracer.child.signal(SIGKILL)
            #expect(try tracer.child.wait() == -SIGKILL)
            _ = try load.result()
            // The kernel frees them after a grace period.
            #expect(Lab.wait { objects.remaining.isEmpty }, "\(objects.remaining)")
        }

        @Test(.onOneKernel, arguments: Lab.backends)
        func aSignalEndsItWithTheTotals(backend: Backend) throws {
            let namespace = try Namespace()
            let signals = [SIGINT, SIGTERM]
            let tracers = try signals.map { _ in
                try Tracer(starting: backend, ["--netns", namespace.name])
            }
            for tracer in tracers { try tracer.waitUntilItTraces() }
            let load = try Load.run("-n 50 127.0.0.1 7001", in: namespace)
            for (tracer, signal) in zip(tracers, signals) {
                tracer.child.signal(signal)
                tracer.child.signal(signal)  // an impatient user's second one
                expect(try tracer.ended(), has: [load])
                #expect(tracer.child.error == tracer.announcement)
                #expect(tracer.child.output.lines.last?.kind == "s")
            }
        }

        @Test(.onOneKernel, arguments: Lab.backends)
        func intervalsAddUpToTheSummary(backend: Backend) throws {
            let namespace = try Namespace()
            let tracer = try Tracer(starting: backend, ["--netns", namespace.name], every: "0.2")
            try tracer.waitUntilItTraces()
            let load = try Load.run("-t 4 -d 1.5 127.0.0.1 7001", in: namespace)
            let trace = try tracer.finish()
            #expect(trace.rows.count > 1)
            expect(trace, has: [load])
        }

        @Test(.onOneKernel, arguments: Lab.backends)
        func itEndsQuietlyWithItsReader(backend: Backend) throws {
            let namespace = try Namespace()
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            let tracer = try Tracer(
                starting: backend, ["--netns", namespace.name], every: "0.1", output: ends[1])
            close(ends[1])
            try tracer.waitUntilItTraces()
            let objects = KernelObjects(of: tracer.child)
            close(ends[0])
            try Load.run("-n 10 127.0.0.1 7001", in: namespace)
            #expect(try tracer.child.wait(seconds: 20) == 0)
            #expect(tracer.child.error == tracer.announcement)
            #expect(Lab.wait { objects.remaining.isEmpty })
        }

        @Test(.onOneKernel, arguments: Lab.backends)
        func durationAndCountEndIt(backend: Backend) throws {
            let namespace = try Namespace()
            let timed = try Tracer(starting: backend, ["--netns", namespace.name, "-d", "1"], every: "0.3")
            let counted = try Tracer(starting: backend, ["2", "--netns", namespace.name], every: "0.3")
            for tracer in [timed, counted] {
                let trace = try tracer.ended()
                #expect(trace.summary.connects == 0 && trace.rows.isEmpty)
            }
        }
    }
}
