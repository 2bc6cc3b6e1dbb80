// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import Testing

@testable import tcpwhy

@Suite struct FoldTests {
    @Test(
        "flags combine",
        arguments: [
            [], ["-"], ["perf.txt"], ["--pid", "--tid", "--kernel", "--jit", "--all", "--addrs", "perf.txt"],
            ["--event-filter", "cycles:u"], ["--event-filter=cycles", "perf.txt"],
        ])
    func accepts(arguments: [String]) throws {
        _ = try Fold.parse(arguments)
    }

    @Test("wrong usage", arguments: [["a", "b"], ["--inline"], ["--event-filter"]])
    func refuses(arguments: [String]) throws {
        let error = #expect(throws: (any Error).self) { _ = try Fold.parse(arguments) }
        #expect(Fold.exitCode(for: try #require(error)) == .validationFailure)
    }

    @Test(
        "a file that cannot be read says which and why",
        arguments: [("/nonexistent", "No such file"), ("/", "Is a directory")])
    func unreadable(path: String, why: String) throws {
        let error = #expect(throws: Failure.self) { try Fold.parse([path]).run() }
        let failure = try #require(error)
        #expect(failure.code == 1)
        #expect(failure.message.contains("cannot read \(path): \(why)"), "\(failure.message)")
    }

    @Test("a file without stacks says what to give")
    func noStacks() throws {
        let error = #expect(throws: Failure.self) { try Fold.parse(["/proc/self/comm"]).run() }
        #expect(try #require(error).message.contains("has no stacks: give what perf script"))
    }
}
