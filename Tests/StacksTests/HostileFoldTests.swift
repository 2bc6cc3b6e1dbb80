// SPDX-License-Identifier: Apache-2.0
import Seeded
import Testing

@testable import Stacks

/// A file of stacks may come from anywhere, and what is made of it go to a terminal.
@Suite struct HostileFoldTests {
    private func expectFit(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(Array(text.utf8) == bytes && !text.unicodeScalars.contains(where: HostileNames.isUnfit))
    }

    @Test(arguments: HostileNames.all) func foldedLines(name: String) {
        for text in [
            "\(name);f \(name) 3\n", "\(name) 1 1.5: cycles:\n\tffff \(name)+0x1 (/bin/\(name))\n\n",
        ] {
            var bytes: [UInt8] = []
            fold(text).write { bytes += $0 }
            expectFit(bytes)
        }
    }

    @Test(arguments: HostileNames.all) func differences(name: String) {
        var bytes: [UInt8] = []
        FlameSample.difference([name: (1, 2)]).write { $0.withUnsafeBytes { bytes += $0 } }
        expectFit(bytes)
    }

    @Test func whatIsNoTextIsReplaced() {
        var bytes: [UInt8] = []
        fold(Array("a;".utf8) + [0xFF, 0x9B] + Array(" 3\n".utf8)).write { bytes += $0 }
        #expect(String(decoding: bytes, as: UTF8.self) == "a;\u{FFFD}\u{FFFD} 3\n")
    }

    @Test func ordinaryStacksStayAsTheyAre() {
        let text = "nginx;std::vector<int, é>;日本;f_[k] 3\n"
        var bytes: [UInt8] = []
        fold(text).write { bytes += $0 }
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }
}
