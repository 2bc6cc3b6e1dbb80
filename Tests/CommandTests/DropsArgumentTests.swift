// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Collector
import Host
import Testing

@testable import tcpwhy

/// What `tcpwhy drops` accepts of filters, and what it says about the rest.
@Suite struct DropsArgumentTests {
    @Test(arguments: [
        ["--reason", "NO_SOCKET"], ["--reason", "3,0x30001", "--reason", "openvswitch:1"],
        ["--stacks", "--json"],
        ["--cgroup", "/system.slice", "--stacks", "--reason", "TCP_RESET"],
    ])
    func accepts(arguments: [String]) throws {
        _ = try Drops.parse(arguments)
    }

    @Test(arguments: [["--reason", ""], ["--reason", "NO_SOCKET,"], ["--reason"]])
    func refusesAReasonWithoutAName(arguments: [String]) throws {
        let error = #expect(throws: (any Error).self) { _ = try Drops.parse(arguments) }
        #expect(Drops.exitCode(for: try #require(error)) == .validationFailure)
    }

    @Test func aCgroupThatIsNotThereIsAFailure() throws {
        let drops = try Drops.parse(["--cgroup", "/no such group"])
        var questions = Questions()
        drops.filter.apply(to: &questions)
        #expect(throws: HostError.self) { _ = try Collector(questions, Pace(every: 1)) { _ in } }
        let shown = try drops.filter.shown()
        #expect(shown.isFilter && !shown.isPortFilter)
    }
}
