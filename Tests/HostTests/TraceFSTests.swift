// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import Host

@Suite(.enabled(if: geteuid() == 0, "needs root"))
struct TraceFSTests {
    @Test func knowsTracepointsByNumber() throws {
        let traceFS = try TraceFS()
        #expect(try traceFS.tracepointID("sock", "inet_sock_set_state") ?? 0 > 0)
        #expect(try traceFS.tracepointID("sock", "no_such_tracepoint") == nil)
        #expect(try traceFS.tracepointID("no_such_group", "x") == nil)
    }

    @Test func needsNoMountAndLeavesNone() throws {
        let mounts = try readText("/proc/self/mountinfo")
        let id: UInt64?
        do {
            let detached = try TraceFS.detached()
            let isDetached = detached.isDetached
            #expect(isDetached)
            id = try detached.tracepointID("sock", "inet_sock_set_state")
            #expect(try readText("/proc/self/mountinfo") == mounts)
        }
        #expect(try id == TraceFS().tracepointID("sock", "inet_sock_set_state"))
        #expect(try readText("/proc/self/mountinfo") == mounts)
    }
}
