// SPDX-License-Identifier: Apache-2.0
import Model
import Report
import Testing

@Suite struct SavedFindingsTests {
    private func saved(_ findings: [Finding]) throws -> SavedFindings {
        try SavedFindings(DiagnosisJSON.write(DiagnosisSample.report(findings)))
    }

    @Test func whatWasSavedIsReadBack() throws {
        let entries = try saved([DiagnosisSample.workers, DiagnosisSample.overflow]).entries
        #expect(entries.map(\.id) == ["workers-too-few", "accept-queue-overflow"])
        #expect(entries.map(\.subject) == ["127.0.0.1:9000 php-fpm8.2", "127.0.0.1:9000 php-fpm8.2"])
    }

    /// Quotes, backslashes and control characters are escaped in JSON.
    @Test(arguments: [
        "a \"b\" \\ c", "\u{1b}[2J", "näh", "\u{9b}x\u{202e}\u{e0041}🦀", "{\"kind\":\"finding\"}", "a,b:c]",
    ])
    func anySubjectComesBackAsItWas(subject: String) throws {
        var finding = DiagnosisSample.workers
        finding.subjectText = subject
        #expect(try saved([finding]).entries == [.init(id: "workers-too-few", subject: subject)])
    }

    @Test func newAndGone() throws {
        let earlier = try saved([DiagnosisSample.workers])
        let comparison = earlier.compare(DiagnosisSample.report([DiagnosisSample.overflow]))
        #expect(comparison.isNew(DiagnosisSample.overflow) && !comparison.isNew(DiagnosisSample.workers))
        #expect(comparison.gone.map(\.id) == ["workers-too-few"])
        let text = DiagnosisText(comparison: comparison).text(
            DiagnosisSample.report([DiagnosisSample.overflow]))
        #expect(text.contains("[warning, certain]  NEW"))
        #expect(text.contains("gone since the earlier run: workers-too-few  127.0.0.1:9000 php-fpm8.2"))
    }

    @Test func theSameIsNeither() throws {
        let comparison = try saved([DiagnosisSample.workers]).compare(
            DiagnosisSample.report([DiagnosisSample.workers]))
        #expect(comparison.new.isEmpty && comparison.gone.isEmpty)
    }

    /// As jq (with -c and without), Python's json and others write the same anew.
    @Test(arguments: [
        #"{ "subject" : "a b" , "id" : "x", "kind" : "finding" }"#,
        #"{"id":"x","kind":"finding","n":[1e3,-0.5E-7,{"kind":"summary","id":"y"}],"subject":"a\u0020b"}"#,
        "{\n  \"kind\": \"finding\",\r\n\t\"id\": \"x\",\n  \"subject\": \"a b\"\n}",
        #"{"kind":"other","kind":"finding","id":"x","subject":"","subject":"a b","more":[[],{},true,false,null]}"#,
    ])
    func anyJSONWithTheFieldsIsRead(line: String) throws {
        let text = "\u{feff}\n\(line)\n\n{\"kind\": \"summary\", \"findings\": 1.0}"
        #expect(try SavedFindings(Array(text.utf8)).entries == [.init(id: "x", subject: "a b")])
    }

    @Test(arguments: [
        (#"n\u00e4h"#, "näh"), (#"\ud83d\uDE00"#, "😀"), (#"\ud83d"#, "\u{fffd}"),
        (#"\ude00\ud83dx"#, "\u{fffd}\u{fffd}x"),
        (#"\ud83d\u0041"#, "\u{fffd}A"), (#"\b\f\n\r\t\/\\\""#, "\u{8}\u{c}\n\r\t/\\\""), (#"\u0000"#, "\0"),
    ])
    func escapesAreWhatTheyStandFor(escaped: String, subject: String) throws {
        let text = #"{"kind":"finding","id":"x","subject":"\#(escaped)"}{"kind":"summary"}"#
        #expect(try SavedFindings(Array(text.utf8)).entries == [.init(id: "x", subject: subject)])
    }

    @Test(arguments: ["[", "{\"a\":", "[{\"a\":"])
    func nestingIsBounded(opening: String) throws {
        for count in [200, 2_000_000] {
            let text = "{\"kind\":\"summary\",\"x\":" + String(repeating: opening, count: count)
            let damage = #expect(throws: SavedFindings.Damage.self) {
                _ = try SavedFindings(Array(text.utf8))
            }
            #expect(damage?.what == "nested deeper than 128")
        }
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        _ = try SavedFindings(Array("{\"kind\":\"summary\",\"x\":\(deep)}".utf8))
    }

    @Test(arguments: [
        "{\"kind\":\"summary\",}", "{\"kind\":\"summary\" \"a\":1}", "{kind:\"summary\"}",
        "{\"kind\":'summary'}",
        "{\"kind\":\"summary\",\"a\":01}", "{\"kind\":\"summary\",\"a\":1.}",
        "{\"kind\":\"summary\",\"a\":+1}",
        "{\"kind\":\"summary\",\"a\":nul}", "{\"kind\":\"summary\",\"a\":NaN}",
        "{\"kind\":\"summary\",\"a\":[1,]}",
        "{\"kind\":\"summary\",\"a\":\"\n\"}", "{\"kind\":\"summary\",\"a\":\"\\u12g4\"}",
        "{\"kind\":\"summary\"]",
        "{\"kind\":1}", "\"kind\"", "null", "{\"kind\":\"summary\"} ]",
    ])
    func whatIsNoJSONIsRefused(text: String) {
        #expect(throws: SavedFindings.Damage.self) { _ = try SavedFindings(Array(text.utf8)) }
    }

    @Test(arguments: [
        ("", 1), ("nonsense", 1), ("{\"kind\":\"finding\"}\n", 1), ("{\"kind\":\"other\"}\n", 1),
        ("{\"kind\":\"summary\"", 1), ("{\"kind\":\"summary\"} x", 1), ("[]", 1),
        ("{\"kind\":\"sum\\qmary\"}", 1),
        ("{\"kind\":\"finding\",\"id\":\"a\",\"subject\":\"b\"}\n", 2),
    ])
    func damageIsNamedByItsLine(text: String, line: Int) {
        #expect {
            try SavedFindings(Array(text.utf8))
        } throws: { error in
            (error as? SavedFindings.Damage)?.line == line
        }
    }

    @Test func theLineOfDamageCountsAllLines() {
        let text = "{\n\"kind\":\"summary\"\n}\n\n{\"kind\":\n\"x\"}"
        let damage = #expect(throws: SavedFindings.Damage.self) { _ = try SavedFindings(Array(text.utf8)) }
        #expect(damage?.line == 5 && damage?.what == "unknown kind \"x\"")
    }

    @Test func aFileCutShortAnywhereIsNoTrap() {
        let whole = DiagnosisJSON.write(DiagnosisSample.report([DiagnosisSample.workers]))
        for count in 0..<whole.count - 1 {
            #expect(throws: SavedFindings.Damage.self) { try SavedFindings(Array(whole[..<count])) }
        }
    }
}
