// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Testing

@testable import tcpwhy

@Suite struct ExplainTests {
    @Test(arguments: [
        ("syn-flod", "is it syn-flood"), ("queue-over", "is it accept-queue-overflow, or syn-queue-overflow"),
        ("zzzzzz", "'tcpwhy explain' lists them"), ("", "'tcpwhy explain' lists them"),
    ])
    func unknownFindingIsWrongUsageAndNamesNearOnes(finding: String, advice: String) throws {
        let explain = try Explain.parse([finding])
        let failure = try #require(throws: Failure.self) { try explain.run() }
        #expect(failure.code == 2 && failure.message.contains(advice), "\(failure.message)")
    }

    @Test func findingMayBeLeftOut() throws {
        #expect(try Explain.parse([]).finding == nil)
        #expect(throws: (any Error).self) { try Explain.parse(["one", "two"]) }
    }
}
