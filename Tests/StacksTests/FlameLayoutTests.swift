// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Stacks

@Suite struct FlameLayoutTests {
    private func layout(
        _ input: FlameInput, isWide: @escaping (StackCount) -> Bool = { _ in true }
    ) -> FlameLayout {
        FlameLayout(
            input.stacks, counts: { (input.counts[$0], input.before?[$0] ?? .zero) }, isWide: isWide)
    }

    /// `depth name start+width`, in the order drawn.
    private func text(_ layout: FlameLayout, _ input: FlameInput) -> [String] {
        layout.frames.map { frame in
            let name = frame.depth == 0 ? "" : input.name(frame.name)
            return "\(frame.depth) \(name) \(frame.start)+\(frame.width)"
        }
    }

    @Test("frames of one caller stand together, whatever byte comes after the name")
    func together() {
        let input = FlameInput(FlameSample.stacks(["a;b": 1, "a-b": 2, "a": 4, "a;c": 8, "a;b;d": 16]))
        #expect(
            text(layout(input), input) == [
                "0  0+31", "1 a 0+29", "2 b 4+17", "3 d 5+16", "2 c 21+8", "1 a-b 29+2",
            ])
    }

    @Test("the order is that of the frames, compared one by one", arguments: 1...5)
    func order(seed: UInt64) {
        let input = FlameInput(FlameSample.random(3000, seed: seed))
        let stacks = input.stacks.frameOrder().map { index in
            input.stacks.withFrames(index) { $0.map(input.name) }
        }
        #expect(stacks.count == input.counts.count)
        for (left, right) in zip(stacks, stacks.dropFirst()) {
            let isBefore = left.lexicographicallyPrecedes(right) {
                $0.utf8.lexicographicallyPrecedes($1.utf8)
            }
            #expect(isBefore, "\(left) before \(right)")
        }
    }

    @Test("the root is the total, no frame is wider than its caller, and selfs add up", arguments: 1...5)
    func widths(seed: UInt64) throws {
        let stacks = FlameSample.random(2000, seed: seed)
        let frames = layout(FlameInput(stacks)) { $0 > .zero }.frames
        #expect(frames.first?.width == stacks.total)
        var selfs = frames.map(\.width.whole)
        var open: [Int] = []
        for (index, frame) in frames.enumerated() {
            while open.count > frame.depth { open.removeLast() }
            if let parent = open.last {
                #expect(frame.start >= frames[parent].start)
                #expect(
                    frame.start.whole + frame.width.whole
                        <= frames[parent].start.whole + frames[parent].width.whole)
                selfs[parent] -= frame.width.whole
            }
            open.append(index)
        }
        #expect(selfs.reduce(0, +) == stacks.total.whole)
    }

    @Test("what is too narrow goes with all that it calls, and is counted")
    func prunes() {
        let input = FlameInput(
            FlameSample.stacks(["a;b;c": 1, "a;b;d": 1, "a;e": 5, "f": 3, "g": 0]))
        let layout = layout(input) { $0 >= StackCount(3) }
        #expect(text(layout, input) == ["0  0+10", "1 a 0+7", "2 e 2+5", "1 f 7+3"])
        #expect(layout.narrow == 3)
        #expect(layout.levels == 3)
    }

    @Test("what only the other file has is counted, and what of it ends there")
    func hidden() {
        let difference = FlameSample.difference([
            "a;b": (5, 0), "a;b;c": (2, 0), "a": (1, 4), "d": (0, 3), "none": (0, 0),
        ])
        let layout = layout(FlameInput(difference))
        #expect(layout.hidden.frames == 2)
        #expect(layout.hidden.count == StackCount(7))
        #expect(layout.frames[1].other == StackCount(8))
        #expect(layout.frames[0].width == StackCount(7))
    }

    @Test("a stack that is deeper than any picture is cut off, and counted")
    func deep() {
        let deep = Array(repeating: "f", count: FlameLayout.deepest + 10).joined(separator: ";")
        let layout = layout(FlameInput(FlameSample.stacks([deep: 2, "f": 1])))
        #expect(layout.levels == FlameLayout.deepest + 1)
        #expect(layout.cut == 1)
        #expect(layout.frames.last?.width == StackCount(2))
        #expect(layout.frames.first?.width == StackCount(3))
    }

    @Test("fractions and sums that do not fit are no trap")
    func extremes() {
        var stacks = StackCounts()
        for stack in ["a;b", "a;c", "d"] { stacks.add(.max, to: Array(stack.utf8).span.bytes) }
        #expect(layout(FlameInput(stacks)).frames.first?.width == .max)
        #expect(FlameSample.svg(stacks).hasSuffix("</svg>\n"))
    }
}
