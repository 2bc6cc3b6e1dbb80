// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import tcpwhy

/// `--baseline` of files that are none.
@Suite struct BaselineTests {
    @Test func whatIsTooLongIsNotRead() throws {
        let scratch = try Scratch()
        let path = try scratch.put("long", "")
        #expect(truncate(path, 65 << 20) == 0)
        let failure = #expect(throws: Failure.self) { _ = try Diagnose.read(path) }
        #expect(failure?.message.contains("longer than 64 MiB") == true, "\(failure?.message ?? "")")
    }

    @Test(arguments: [("/nonexistent", "No such file"), ("/", "Is a directory")])
    func whatCannotBeReadSaysWhy(path: String, why: String) {
        let failure = #expect(throws: Failure.self) { _ = try Diagnose.read(path) }
        #expect(failure?.message.contains(why) == true && failure?.message.contains("--baseline") == true)
    }

    @Test func aFileOfAnotherKindIsNamedWithTheLine() throws {
        let scratch = try Scratch()
        let path = try scratch.put("other", "{\"kind\":\"summary\"}\nnonsense\n")
        let failure = #expect(throws: Failure.self) { _ = try Diagnose.read(path) }
        #expect(failure?.message.contains("line 2") == true)
    }
}
