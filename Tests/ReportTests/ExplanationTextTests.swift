// SPDX-License-Identifier: Apache-2.0
import Report
import Testing

@Suite struct ExplanationTextTests {
    @Test func paragraphsAreWrappedToTheWidth() {
        let text = ExplanationText(style: TextStyle(width: 30)).paragraphs(
            "retransmits", "sent again",
            [("What happens", "What is not acknowledged in time is sent again."), ("More", "RFC 6298")])
        #expect(
            text == """
                retransmits: sent again

                What happens
                What is not acknowledged in
                time is sent again.

                More
                RFC 6298

                """)
    }

    /// Also in a pipe, which has no width.
    @Test func noLineIsTooLongToRead() {
        let long = String(repeating: "word ", count: 60)
        let lines = ExplanationText().paragraphs("a", "b", [("c", long)]).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 100 } && lines.count > 4)
    }

    @Test func listHasALineEach() {
        #expect(
            ExplanationText().list([("retransmits", "sent again"), ("syn-flood", "a flood")]) == """
                retransmits  sent again
                syn-flood    a flood

                """)
    }
}
