// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Stacks

@Suite struct FoldNotesTests {
    private func fold(_ text: String) -> FoldedStacks {
        var folding = Folding(FoldOptions())
        folding.take(Array(text.utf8).span.bytes, firstLine: 1)
        return folding.result()
    }

    @Test(
        "a count that did not fit is the largest, and is told",
        arguments: [
            "a;b 18446744073709551616\n", "a;b 18446744073709551615.5\n",
            "a;b 18446744073709551614.9\na;b 0.2\n", "a;b 9999999999999999999999.5\n",
            "nginx 12 [000] 1.5: 99999999999999999999 cycles:\n\tf b (x)\n\n",
        ])
    func largest(text: String) {
        let result = fold(text)
        var lines: [UInt8] = []
        result.write { lines += $0 }
        #expect(String(decoding: lines, as: UTF8.self).hasSuffix("b 18446744073709551615\n"))
        #expect(
            FoldNotes.lines(of: result, isEventChosen: false) == [
                "a count of 18446744073709551615 may be more: that is the largest there is"
            ])
    }

    @Test("of what fits nothing is said")
    func fits() {
        #expect(FoldNotes.lines(of: fold("a;b 18446744073709551614.9\n"), isEventChosen: false) == [])
    }
}
