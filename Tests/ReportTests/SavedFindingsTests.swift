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

    @Test func aFileCutShortAnywhereIsNoTrap() {
        let whole = DiagnosisJSON.write(DiagnosisSample.report([DiagnosisSample.workers]))
        for count in 0..<whole.count - 1 {
            #expect(throws: SavedFindings.Damage.self) { try SavedFindings(Array(whole[..<count])) }
        }
    }
}
