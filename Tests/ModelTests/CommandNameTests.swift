// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Model

@Suite struct CommandNameTests {
    private func name(_ bytes: [UInt8]) -> CommandName {
        var words: CommandName.Words = (0, 0)
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
        return CommandName(words)
    }

    @Test(arguments: 0...16)
    func endsAtItsFirstZero(length: Int) {
        // Bytes that a search for a zero by words may take for one.
        for byte: UInt8 in [0x01, 0x61, 0x7f] {
            var bytes = [UInt8](repeating: byte, count: 16)
            if length < 16 { bytes[length] = 0 }
            let short = name(Array(bytes.prefix(length)))
            #expect(name(bytes) == short)
            #expect(short.text == String(repeating: Character(UnicodeScalar(byte)), count: length))
        }
    }

    @Test func whatFollowsAZeroDoesNotCount() {
        #expect(name(Array("sh\0temd-udevd\0".utf8)) == "sh")
        #expect(name(Array("12345678\0rest".utf8)) == "12345678")
        #expect(name([0x61, 0, 1, 0x80]) == "a")
    }

    @Test func isCutAsTheKernelCutsIt() {
        #expect(CommandName("a-name-longer-than-fifteen").text == "a-name-longer-t")
        #expect(CommandName("日本語日本語").text == "日本語日本")
    }

    @Test func needNotBeText() {
        #expect(name([0x61, 0xff, 0x62]).text == "a\u{FFFD}b")
    }

    @Test func sortsByBytes() {
        let sorted: [CommandName] = ["", "a", "ab", "b", "nginx-worker-1", "nginx-worker-2", "é"]
        #expect(sorted.reversed().sorted() == sorted)
    }
}
