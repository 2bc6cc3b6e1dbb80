// SPDX-License-Identifier: Apache-2.0
import Seeded
import Testing

@testable import Stacks

@Suite struct FrameStacksTests {
    private func stacks(_ texts: [String]) -> FrameStacks {
        var stacks = FrameStacks()
        for text in texts { _ = stacks.add(Array(text.utf8).span.bytes) }
        return stacks
    }

    private func text(_ stacks: FrameStacks, _ index: Int) -> [String] {
        stacks.withFrames(index) { frames in
            frames.map { frame in
                stacks.withName(frame) { $0.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
            }
        }
    }

    @Test("a stack comes back as its frames, whatever stack came before", arguments: 1...5)
    func frames(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var texts: [String] = []
        for _ in 0..<2000 {
            let length = Int.random(in: 0...20, using: &random)
            texts.append(String((0..<length).map { _ in "ab;;".randomElement(using: &random)! }))
        }
        var stacks = FrameStacks()
        for text in texts + texts.shuffled(using: &random) {
            let index = stacks.add(Array(text.utf8).span.bytes)
            let frames = text.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
            #expect(self.text(stacks, index) == (text.isEmpty ? [] : frames))
        }
        #expect(stacks.count == Set(texts).count)
    }

    @Test("an empty stack has no frame, and a semicolon parts two")
    func empty() {
        let stacks = stacks([";", "", "a;", ";", ""])
        #expect(stacks.count == 3)
        #expect((0..<3).map { text(stacks, $0) } == [["", ""], [], ["a", ""]])
    }

    @Test("a name is kept once")
    func names() {
        let stacks = stacks(["main;read", "main;write;read", "main"])
        #expect(stacks.names.count == 3)
    }
}
