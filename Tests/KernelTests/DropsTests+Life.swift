// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// How a trace of `drops` begins and ends.
extension KernelTests.DropsTests {
    private func deafListener(in namespace: Namespace) throws -> Load {
        let listener = try Load("-L -n 0 -B 3 -i 600 127.0.0.1 7001", in: namespace)
        _ = try listener.result()
        return listener
    }

    @Test(arguments: Lab.backends)
    func killedItLeavesNothingInTheKernel(backend: Backend) throws {
        let namespace = try Namespace()
        try namespace.sendNoCookies()
        let listener = try deafListener(in: namespace)
        let tracer = try Tracer.drops(backend, ["--netns", namespace.name])
        let load = try Load("-q -t 2 -d 0.6 127.0.0.1 7001", in: namespace)
        usleep(300_000)
        let objects = KernelObjects(of: tracer.child)
        #expect(!objects.isEmpty && !objects.remaining.isEmpty)
        tracer.child.signal(SIGKILL)
        #expect(try tracer.child.wait() == -SIGKILL)
        try load.wait()
        // The kernel frees them after a grace period.
        #expect(Lab.wait { objects.remaining.isEmpty }, "\(objects.remaining)")
        try listener.end()
    }

    /// A signal ends it with one summary, and so does -d; intervals add up to that.
    @Test(.onOneKernel, arguments: Lab.anyBackend)
    func itEndsWithTheTotals(backend: Backend) throws {
        let namespace = try Namespace()
        try namespace.sendNoCookies()
        let listener = try deafListener(in: namespace)
        let local = ["--netns", namespace.name]
        let signalled = try Tracer("drops", starting: backend, local, every: "0.2")
        // Long enough for all of the load.
        let seconds = Lab.isEmulated ? "8" : "2"
        let timed = try Tracer("drops", starting: backend, local + ["-d", seconds], every: "0.3")
        for tracer in [signalled, timed] { try tracer.waitUntilItTraces() }
        let before = try Losses(of: namespace)
        // Several intervals have some of it.
        for _ in 0..<5 {
            try Load.run("-c -q -n 40 127.0.0.1 7001", in: namespace)
            usleep(100_000)
        }
        let truth = try Losses(atRestIn: namespace) - before
        signalled.child.signal(SIGINT)
        signalled.child.signal(SIGINT)  // an impatient user's second one
        for tracer in [signalled, timed] {
            let trace = try tracer.endedDrops()
            expect(trace, has: truth)
            #expect(trace.rows.count > 1)
            #expect(trace.rows.allSatisfy { $0.pid == [listener.pid] })
            #expect(trace.rows.reduce(0) { $0 + ($1.skDrops ?? 0) } >= truth.drops)
            #expect(tracer.child.error == tracer.announcement)
        }
        #expect(try timed.endedDrops().summary.durationS >= Double(seconds)!)
    }
}
