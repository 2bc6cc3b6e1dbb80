// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import BPF
import Host
import Model
import Seeded
import Testing

@testable import tcpwhy

/// What is said on standard error holds names and paths that others chose, and arguments that scripts pass on.
@Suite struct HostileMessageTests {
    private func expectFit(_ message: String, lines: Int) {
        #expect(!message.unicodeScalars.contains(where: HostileNames.isUnfit), "\(message.debugDescription)")
        #expect(message.unicodeScalars.count { $0 == "\n" } == lines - 1, "\(message.debugDescription)")
    }

    private func failure(_ body: () throws -> Void) throws -> String {
        do {
            try body()
        } catch let failure as Failure {
            return failure.message
        } catch let error as HostError {
            return Failure.failed("\(error)").message
        } catch {
            return Tcpwhy.fullMessage(for: error)
        }
        Issue.record("nothing failed")
        return ""
    }

    private static let names = HostileNames.all.filter { !$0.unicodeScalars.contains("\0") }

    @Test(arguments: names) func pathsInErrors(name: String) throws {
        let path = "/nonexistent/\(name)"
        expectFit(try failure { _ = try Output(path: path, .whole) }, lines: 1)
        expectFit(try failure { _ = try InputFile(path: path) }, lines: 1)
        expectFit(try failure { _ = try NetworkNamespace(path: path) }, lines: 1)
        expectFit(try failure { _ = try Cgroup(path) }, lines: 1)
    }

    @Test(arguments: HostileNames.all) func argumentsInErrors(name: String) throws {
        let listener = try failure { _ = try ListenerFilter.endpoint(name) }
        expectFit(listener, lines: listener.unicodeScalars.count { $0 == "\n" } + 1)
        #expect(listener.unicodeScalars.count { $0 == "\n" } == usageLines)
        var explain = Explain()
        explain.finding = name
        expectFit(try failure { try explain.run() }, lines: 1)
    }

    /// What the parser adds to a refusal of one line.
    private var usageLines: Int {
        Tcpwhy.fullMessage(for: ValidationError("x")).unicodeScalars.count { $0 == "\n" }
    }

    /// What failed and what to do are our own lines, and stay.
    @Test func ourOwnLinesStay() {
        let name = "evil\n\u{1B}[2Jrun: reboot"
        let error = BPFError(.cannotTrace, saying: "no backend works here\nkprobe: no")
        #expect(Failure(error).message == "no backend works here\nkprobe: no")
        let message: Message = "no process \(name)\n" + "try \(7) \(lines: "a\nb")"
        #expect(message.text == "no process evil\u{FFFD}\u{FFFD}[2Jrun: reboot\ntry 7 a\nb")
    }
}
