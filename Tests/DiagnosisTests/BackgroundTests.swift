// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import Model
import Testing

@Suite struct BackgroundTests {
    @Test(arguments: FindingID.allCases)
    func everyFindingHasAll(id: FindingID) {
        let background = Background.of(id)
        #expect(!background.title.isEmpty && background.title.count <= 80 && background.title.last != ".")
        for text in [background.kernel, background.measured, background.mistaken] {
            #expect(text.hasSuffix("."), "\(text)")
        }
        // Each is a paragraph: what breaks lines is the terminal's width.
        for text in [background.kernel, background.measured, background.mistaken, background.sources] {
            #expect(!text.isEmpty && !text.contains("\n") && !text.contains("  "))
        }
    }

    @Test func noTwoFindingsShareATitle() {
        #expect(Set(FindingID.allCases.map { Background.of($0).title }).count == FindingID.allCases.count)
    }
}
