// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// One mixed load, seen by many tcpwhy at once, each with another filter.
    @Suite struct FilterTests {
        @Test(.onOneKernel, arguments: Lab.backends)
        func eachSelectsExactlyItsOwn(backend: Backend) throws {
            let here = try Namespace()
            let there = try Namespace()
            let cgroup = try ControlGroup()
            let other = try OtherName()
            let loads = [
                "a": try Load("-s -t 4 -n 40 -l 127.0.0.1 7001", in: here),
                "b": try Load(path: other.path, "-s -t 4 -n 30 127.0.0.2 7002", in: here),
                "c": try Load("-s -n 20 ::1 7003", in: here),
                "d": try Load("-s -n 25 127.0.0.1 7001", in: there),
                "e": try Load("-s -n 15 127.0.0.9 7009", in: here),
            ]
            try cgroup.add(loads["e"]!.pid)
            let local = ["--netns", here.name]
            let cases: [(filter: [String], selects: String)] = [
                (["--netns", there.name], "d"),
                (["-p", "\(loads["a"]!.pid)"], "a"),
                (local + ["-c", "tcpload"], "ace"),
                (local + ["-c", other.name], "b"),
                (local + ["-P", "7002"], "b"),
                (local + ["--dest", "127.0.0.0/29"], "ab"),
                (local + ["--dest", "::/0"], "c"),
                (local + ["--failed"], "bce"),
                (["--cgroup", cgroup.path], "e"),
                (local + ["-c", "tcpload", "-P", "7002"], ""),
            ]
            let tracers = try cases.map { try Tracer(starting: backend, $0.filter) }
            for tracer in tracers { try tracer.waitUntilItTraces() }
            var results: [Character: Load.Result] = [:]
            for (name, load) in loads.sorted(by: { $0.key < $1.key }) {
                load.go()
                results[Character(name)] = try load.result()
            }
            for (tracer, filter) in zip(tracers, cases) {
                let trace = try tracer.finish()
                let selected = filter.selects.map { results[$0]! }
                let doubt = trace.summary.doubt
                let connects = trace.summary.connects
                #expect(
                    (connects...connects + doubt).contains(selected.connects), "\(filter.filter)")
                expectFailures(trace.summary.failed, selected.failed, doubt: doubt)
                let pids = Set(selected.map(\.pid))
                #expect(trace.rows.allSatisfy { pids.contains($0.pid ?? 0) }, "\(filter.filter)")
                // The threads that connect have names of their own.
                for row in trace.rows {
                    #expect(row.comm == (row.pid == results["b"]!.pid ? other.name : "tcpload"))
                }
            }
        }

        /// Sockets take over the addresses of earlier ones, of which a kretprobe may have missed the
        /// return: what fails in another namespace, at the same port, ends none of them.
        @Test(arguments: Lab.backends)
        func strangersFailuresAreNobodys(backend: Backend) throws {
            let here = try Namespace()
            let there = try Namespace()
            let tracer = try Tracer(backend, ["--netns", here.name])
            let accepted = try Load.run("-t 16 -n 800 -l 127.0.0.1 7001", in: here)
            try Load.run("-k -t 16 -n 1500 127.0.0.1 7001", in: there)
            let refused = try Load.run("-k -n 1500 127.0.0.9 7009", in: here)
            let summary = try tracer.finish().summary
            // What a probe missed may have been the strangers'.
            let made = accepted.connects + refused.connects
            #expect((summary.connects...summary.connects + summary.doubt).contains(made))
            let failed = accepted.failed.merging(refused.failed) { $0 + $1 }
            expectFailures(summary.failed, failed, doubt: summary.doubt)
        }
    }
}

/// A cgroup of the test's own.
final class ControlGroup {
    let path: String

    /// One below another.
    init(below parent: ControlGroup) throws {
        path = "\(parent.path)/child"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    init() throws {
        let roots = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"]
        guard let root = roots.first(where: { FileManager.default.fileExists(atPath: "\($0)/cgroup.procs") })
        else { throw TestFailure("there is no cgroup version 2") }
        path = "\(root)/tcpwhy-test-\(getpid())"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { remove() }

    func remove() { rmdir(path) }

    func add(_ pid: UInt32) throws {
        try "\(pid)\n".write(toFile: "\(path)/cgroup.procs", atomically: false, encoding: .utf8)
    }
}

/// tcpload by another name.
final class OtherName {
    let name = "otherload"
    let path: String
    private let folder = "\(NSTemporaryDirectory())/tcpwhy-\(UUID().uuidString)"

    init() throws {
        path = "\(folder)/\(name)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: path, withDestinationPath: URL(fileURLWithPath: Lab.tcpload).path)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
}
