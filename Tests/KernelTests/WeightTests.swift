// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// Stacks as wide as what searches for a port took. Two programs see the same load: what
    /// `tcpwhy ports` counts is what the stacks add up to.
    @Suite struct WeightTests {
        /// Before 5.15 a kretprobe hides who called its function.
        static func hidesCallers(_ backend: Backend) -> Bool { backend == .kprobe && Lab.kernel == "5.10" }
        static let whole = Lab.probing.filter { !hidesCallers($0) }

        /// Most ports are held: connects of both families search, one finds none, and binds do.
        private func load(_ namespace: Namespace) throws -> (connects: Int, binds: Int) {
            try namespace.setPorts(20000, 20199)
            let held = try Load("-n 190 -l -k -i 600 127.0.0.1 7001", in: namespace)
            guard try held.result().succeeded == 190 else { throw TestFailure("cannot hold ports") }
            var connects = 190
            for arguments in ["-t 2 -n 60 127.0.0.1 7001", "-n 50 ::1 7002", "-k -n 30 127.0.0.1 7001"] {
                connects += try Load.run(arguments, in: namespace).connects
            }
            let binds = try Load.run("-z -n 40 127.0.0.1 7006", in: namespace).connects
            try held.end()
            return (connects, binds)
        }

        @Test(arguments: whole)
        func timeIsWhatTheSearchesTook(backend: Backend) throws {
            let namespace = try Namespace()
            let tracer = try WeighedTrace.Tracer(
                "port-time", backend, ["--json", "--netns", namespace.name])
            let (connects, binds) = try load(namespace)
            let trace = try tracer.finish()
            let summary = trace.summary
            Lab.figure(
                "\(backend.rawValue), port-time: \(trace.sum) ns in \(trace.stacks.count) stacks, "
                    + "\(summary.counted) ns in the rows of ports, \(summary.searches ?? 0) searches")
            #expect(trace.sum > 0 && trace.sum == summary.total && trace.sum == summary.counted)
            #expect(summary.weight == "port-time" && summary.unit == "ns")
            #expect(summary.backend == backend.rawValue)
            let doubt = summary.missedByProbe.values.reduce(0, +)
            #expect((connects + binds - doubt...connects + binds).contains(summary.searches ?? 0))
            expectEnds(trace, binds: true)
        }

        @Test(arguments: whole)
        func portsAreThoseThatPortsCounts(backend: Backend) throws {
            let namespace = try Namespace()
            let ports = try Tracer(backend, ["--netns", namespace.name])
            let tracer = try WeighedTrace.Tracer(
                "ports-tried", backend, ["--json", "--netns", namespace.name])
            let (connects, _) = try load(namespace)
            let trace = try tracer.finish()
            let summary = trace.summary
            let rows = try ports.finish()
            let tried = rows.rows.connects.reduce(0) { $0 + ($1.portsTried?.sum ?? 0) }
            Lab.figure(
                "\(backend.rawValue), ports-tried: \(trace.sum) ports in \(trace.stacks.count) stacks, "
                    + "tcpwhy ports \(tried), by \(summary.method ?? "none")")
            #expect(trace.sum == summary.total && trace.sum == summary.counted)
            // Two hundred ports and more for each that finds none.
            #expect(trace.sum > 3 * 190)
            let doubt = summary.missedByProbe.values.reduce(0, +) + rows.summary.doubt
            if doubt == 0 {
                #expect(summary.searches == connects)
                // Derived, each of the two has a moment of its own in which another connect may
                // come between; against its own rows (above) the sum is exact all the same.
                let apart = trace.sum > tried ? trace.sum - tried : tried - trace.sum
                #expect(summary.method == "counted" ? apart == 0 : apart * 10 <= tried)
            }
            expectEnds(trace, binds: false)
        }

        /// Each stack ends in the search, and shows whose it is.
        private func expectEnds(_ trace: WeighedTrace, binds: Bool) {
            #expect(trace.summary.withoutStack == 0 && trace.summary.truncated == 0)
            let ends = Set(trace.stacks.compactMap(\.frames.last))
            let search = "__inet_hash_connect_[k]"
            #expect(ends == (binds ? [search, "inet_csk_get_port_[k]"] : [search]))
            for stack in trace.stacks {
                #expect(stack.comm == "tcpload" && stack.pid != nil)
                #expect(stack.frames.contains { !$0.hasSuffix("_[k]") }, "\(stack.frames)")
                // On some kernels inet_bind ends in a jump, and __inet_bind stands in its place.
                let caller = stack.frames.last == search ? "tcp_v" : "inet"
                #expect(stack.frames.dropLast().contains { $0.contains(caller) }, "\(stack.frames)")
                // Nothing of the tracing itself.
                #expect(!stack.frames.contains { $0.hasPrefix("bpf_") || $0.contains("kretprobe") })
            }
            let families = trace.stacks.flatMap(\.frames)
            #expect(families.contains("tcp_v4_connect_[k]") && families.contains("tcp_v6_connect_[k]"))
        }

        @Test(.onOneKernel, arguments: whole)
        func foldedAndPictureHaveTheSameSum(backend: Backend) throws {
            let namespace = try Namespace()
            let picture = FileManager.default.temporaryDirectory
                .appendingPathComponent("tcpwhy-\(UUID().uuidString).svg")
            defer { try? FileManager.default.removeItem(at: picture) }
            let tracer = try WeighedTrace.Tracer(
                "port-time", backend, ["--netns", namespace.name, "-K", "--svg", picture.path])
            try Load.run("-n 20 127.0.0.1 7001", in: namespace)
            try tracer.end()
            let folded = String(decoding: tracer.child.output, as: UTF8.self)
            let lines = folded.split(separator: "\n")
            let sum = lines.reduce(0) { $0 + (Int($1.split(separator: " ").last ?? "") ?? 0) }
            #expect(lines.allSatisfy { $0.contains(";tcp_v4_connect_[k];") && !$0.contains(";[") })
            let text = tracer.child.error.filter { $0 != "," }
            #expect(text.contains("tcpwhy: \(sum) ns in 20 searches for a port"), "\(tracer.child.error)")
            let svg = try String(contentsOf: picture, encoding: .utf8)
            #expect(svg.contains("Time of port searches") && svg.contains(" ns"))
            #expect(svg.contains("__inet_hash_connect"))
        }

        @Test(.onOneKernel, arguments: whole)
        func eachFilterSelectsItsOwn(backend: Backend) throws {
            let namespace = try Namespace()
            let cgroup = try ControlGroup()
            let other = try OtherName()
            let a = try Load("-s -n 30 127.0.0.1 7001", in: namespace)
            let b = try Load(path: other.path, "-s -n 20 127.0.0.1 7002", in: namespace)
            try cgroup.add(b.pid)
            let cases: [(filter: [String], pid: UInt32, count: Int)] = [
                (["-p", "\(a.pid)"], a.pid, 30), (["-c", other.name], b.pid, 20),
                (["--cgroup", cgroup.path], b.pid, 20),
            ]
            let tracers = try cases.map {
                try WeighedTrace.Tracer("ports-tried", backend, ["--json"] + $0.filter)
            }
            for load in [a, b] {
                load.go()
                _ = try load.result()
                try load.wait()
            }
            for (tracer, (filter, pid, count)) in zip(tracers, cases) {
                let trace = try tracer.finish()
                let doubt = trace.summary.missedByProbe.values.reduce(0, +)
                #expect((count - doubt...count).contains(trace.summary.searches ?? 0), "\(filter)")
                #expect(trace.stacks.allSatisfy { $0.pid == pid }, "\(filter)")
                #expect(trace.sum == trace.summary.counted)
            }
        }

        @Test func whatABackendCannotDoIsSaid() throws {
            func refusal(_ arguments: [String]) throws -> (Int32, String) {
                let child = try Child([Lab.tcpwhy, "profile", "-d", "60"] + arguments)
                return (try child.wait(seconds: 60), child.error)
            }
            for weight in ["port-time", "ports-tried"] {
                let blind = try refusal(["--weight", weight, "--backend", "tracepoint"])
                #expect(blind.0 == 77 && blind.1.contains("does not see searches"), "\(blind)")
            }
            for weight in ["port-time", "drops"] where Lab.kernel == "5.10" {
                let hidden = try refusal(["--weight", weight, "--backend", "kprobe"])
                #expect(hidden.0 == 77 && hidden.1.contains("hide callers"), "\(hidden)")
            }
            guard Self.whole.isEmpty else { return }
            let nothing = try refusal(["--weight", "port-time"])
            #expect(nothing.0 == 77 && nothing.1.contains("it takes fentry or"), "\(nothing)")
        }
    }
}
