// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// What the CPUs run, with its stacks. The same program with every backend.
    @Suite struct ProfileTests {
        /// A process that does one thing, and tcpwhy's profile of it.
        private func profile(_ arguments: [String]) throws -> (output: String, error: String) {
            let spinner = try Child([Lab.tcpload, "-x", "600", "127.0.0.1", "1"])
            defer { spinner.signal(SIGKILL) }
            let child = try Child(
                [Lab.tcpwhy, "profile", "-p", "\(spinner.pid)", "-d", Lab.isEmulated ? "5" : "1"] + arguments)
            let status = try child.wait()
            guard status == 0 else { throw TestFailure("tcpwhy ended with \(status): \(child.error)") }
            return (String(decoding: child.output, as: UTF8.self), child.error)
        }

        @Test func aFunctionThatTakesAllTheTimeHasIt() throws {
            let (folded, error) = try profile(["-F", "199"])
            let counts = folded.split(separator: "\n").map { line in
                (
                    stack: String(line.prefix { $0 != " " }),
                    count: Int(line.split(separator: " ").last ?? "") ?? -1
                )
            }
            #expect(counts.allSatisfy { $0.count > 0 && $0.stack.hasPrefix("tcpload;") }, "\(folded)")
            let all = counts.reduce(0) { $0 + $1.count }
            let spun = counts.filter { $0.stack.contains(";main;spin_outer;spin_inner") }
                .reduce(0) { $0 + $1.count }
            Lab.figure("profile: \(spun) of \(all) samples in spin_inner")
            #expect(all > 50)
            #expect(Double(spun) >= 0.9 * Double(all))
            // Every sample is in a line: nothing was lost.
            #expect(error.contains("tcpwhy: \(all) samples at 199 Hz"), "\(error)")
        }

        @Test(.onOneKernel)
        func jsonAddsUpToItsSummary() throws {
            struct Line: Decodable {
                var kind: String
                var pid, count, samples, truncated, cpus: Int?
                var comm: String?
                var frames: [String]?
                var lost: [String: Int]?
            }
            let (json, _) = try profile(["--json", "-U"])
            let lines = try json.split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
            let summary = try #require(lines.last)
            #expect(summary.kind == "summary" && summary.lost == ["unplaced": 0, "without_stack": 0])
            let stacks = lines.dropLast()
            #expect(stacks.allSatisfy { $0.kind == "stack" && $0.comm == "tcpload" })
            #expect(stacks.allSatisfy { $0.frames?.contains { $0.hasSuffix("_[k]") } == false })
            #expect(stacks.reduce(0) { $0 + ($1.count ?? 0) } == summary.samples)
        }

        @Test(.onOneKernel)
        func thePictureHasTheSameSamples() throws {
            let file = FileManager.default.temporaryDirectory
                .appendingPathComponent("tcpwhy-\(UUID().uuidString).svg")
            defer { try? FileManager.default.removeItem(at: file) }
            let (folded, _) = try profile(["--svg", file.path])
            let svg = try String(contentsOf: file, encoding: .utf8)
            let all = folded.split(separator: "\n").reduce(0) {
                $0 + (Int($1.split(separator: " ").last ?? "") ?? 0)
            }
            #expect(svg.hasPrefix("<?xml") && svg.contains("spin_inner") && svg.contains("\(all) samples"))
        }

        @Test(.onOneKernel)
        func whatCannotBeDoneIsSaidBeforeTheTrace() throws {
            func refusal(_ arguments: [String]) throws -> (Int32, String) {
                let child = try Child([Lab.tcpwhy, "profile", "-d", "60"] + arguments)
                return (try child.wait(seconds: 30), child.error)
            }
            let unwritable = try refusal(["--svg", "/nowhere/a.svg"])
            #expect(unwritable.0 == 1 && unwritable.1.contains("/nowhere/a.svg"), "\(unwritable)")
            let fast = try refusal(["-F", "1000000"])
            #expect(fast.0 == 1 && fast.1.contains("kernel.perf_event_max_sample_rate"), "\(fast)")
            let nobody = try refusal(["-p", "4194303"])
            #expect(nobody.0 == 1 && nobody.1.contains("no process"), "\(nobody)")
            let offline = try refusal(["-C", "4000"])
            #expect(offline.0 == 1 && offline.1.contains("not online"), "\(offline)")
        }

        @Test(.onOneKernel)
        func anEmptyTraceIsAnEmptyPicture() throws {
            let sleeper = try Child(["sleep", "600"])
            defer { sleeper.signal(SIGKILL) }
            let child = try Child([
                Lab.tcpwhy, "profile", "-p", "\(sleeper.pid)", "-d", "0.5", "-o", "/dev/null", "--svg",
                "/dev/stdout",
            ])
            #expect(try child.wait() == 0)
            #expect(String(decoding: child.output, as: UTF8.self).contains("no stacks"))
            #expect(child.error.contains("tcpwhy: 0 samples"))
        }
    }
}
