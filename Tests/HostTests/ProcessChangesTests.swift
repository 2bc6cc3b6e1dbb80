// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Host

@Suite struct ProcessChangesTests {
    private static let second: UInt64 = 1_000_000_000

    /// The answers to one question a second, from a time that is not 0.
    private static func answers(_ signs: [String?]) -> [Bool] {
        var changes = ProcessChanges()
        return signs.enumerated().map { changes.areDue($1, at: 100 * second + UInt64($0) * second) }
    }

    @Test func firstLookIsDueAndOneMore() {
        #expect(Self.answers(["9 5", "9 5", "9 5", "9 5"]) == [true, true, false, false])
    }

    @Test(arguments: ["9 6", "8 5", "9 4"])
    func lookFollowsAChangeAndOneMore(other: String) {
        let signs = ["9 5", "9 5", "9 5", other, other, other]
        #expect(Self.answers(signs) == [true, true, false, true, true, false])
    }

    @Test func everyLookIsDueWhileProcessesComeAndGo() {
        #expect(Self.answers((0..<20).map { "9 \($0)" }) == Array(repeating: true, count: 20))
    }

    @Test func everyLookIsDueWhereNothingIsKnown() {
        #expect(Self.answers([nil, nil, nil]) == [true, true, true])
        #expect(
            Self.answers(["9 5", "9 5", nil, "9 5", "9 5", "9 5"]) == [true, true, true, true, true, false])
    }

    @Test func aLookHoldsTenSeconds() {
        // The last one without doubt at second 1, hence the next at 11 and 21.
        let due = Self.answers(Array(repeating: "9 5", count: 25)).enumerated().filter(\.element).map(
            \.offset)
        #expect(due == [0, 1, 11, 21])
    }

    @Test func signIsThreadsAndLastNumber() {
        #expect(ProcessChanges.sign("3.95 2.84 4.99 9/139 17351\n") == "139 17351\n")
        // Loads and how many run say nothing.
        #expect(ProcessChanges.sign("0.00 0.01 0.05 1/139 17351\n") == "139 17351\n")
        #expect(ProcessChanges.sign("") == nil)
        #expect(ProcessChanges.sign("3.95 2.84 4.99") == nil)
    }

    /// A thread gets a number as a process does.
    @Test func whatStartsIsAChange() throws {
        func sign() throws -> String { try #require(ProcessChanges.sign(try readText("/proc/loadavg"))) }
        let before = try sign()
        try onFreshThread {}
        #expect(try sign() != before)
    }
}
