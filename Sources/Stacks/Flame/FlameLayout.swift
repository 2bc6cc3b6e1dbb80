// SPDX-License-Identifier: Apache-2.0

/// Where every frame stands that is wide enough to be seen. In units of counts,
/// callers before what they call.
struct FlameLayout {
    /// No picture has more levels than this: deeper stacks are cut off there.
    static let deepest = 2000

    struct Frame {
        /// A stack that has this frame, and where in it the name stands.
        let stack: UInt32
        let name: Range<UInt32>
        /// 0 is the root.
        let depth: UInt32
        /// How much stands left of it.
        let start: StackCount
        /// With all that it calls.
        var width = StackCount.zero
        /// The same in the file that does not give the widths.
        var other = StackCount.zero
    }

    /// The first is the root, which has no name.
    private(set) var frames: [Frame] = []
    private(set) var levels = 0
    /// Frames too narrow to be drawn.
    private(set) var narrow = 0
    /// Frames that only the other file has, and how much of it that is.
    private(set) var hidden = (frames: 0, count: StackCount.zero)
    /// Stacks that were too deep.
    private(set) var cut = 0

    private let isWide: (StackCount) -> Bool
    private var open: [Open] = []
    /// How much stands left of what comes next.
    private var position = StackCount.zero

    /// A frame whose end is not yet known.
    private struct Open {
        /// In `frames`, where it is the last one if nothing that it calls is wide enough.
        let slot: Int
        /// Where its name ends in the stack.
        let end: Int
        var width = StackCount.zero
        var other = StackCount.zero
        /// What of `other` ends in this frame.
        var otherSelf = StackCount.zero
    }

    /// - Parameters:
    ///   - counts: by index of the stack the count that is the width, and the other.
    ///   - isWide: whether a width is drawn; more is, where less is.
    init(
        _ stacks: StackCounts, counts: (Int) -> (width: StackCount, other: StackCount),
        isWide: @escaping (StackCount) -> Bool
    ) {
        self.isWide = isWide
        enter(stack: 0, name: 0..<0)
        var previous: Int?
        for index in stacks.frameOrder() {
            let common = previous.map { stacks.commonPrefix($0, index) } ?? 0
            stacks.withStack(index) { add($0, at: index, common: common, counts(index)) }
            previous = index
        }
        close(to: 0)
    }

    /// - Parameter common: how many bytes are the same as in the stack before.
    private mutating func add(
        _ stack: RawSpan, at index: Int, common: Int, _ count: (width: StackCount, other: StackCount)
    ) {
        var kept = 1
        while kept < open.count, stack.hasFrameEnd(at: open[kept].end, within: common) { kept += 1 }
        close(to: kept)
        var start = kept > 1 ? open[kept - 1].end + 1 : 0
        while start <= stack.byteCount, stack.byteCount > 0 {
            guard open.count <= Self.deepest else {
                cut += 1
                break
            }
            let end = stack.frameEnd(from: start)
            enter(stack: index, name: start..<end)
            start = end + 1
        }
        position += count.width
        open[open.count - 1].width += count.width
        open[open.count - 1].other += count.other
        open[open.count - 1].otherSelf += count.other
    }

    private mutating func enter(stack: Int, name: Range<Int>) {
        open.append(Open(slot: frames.count, end: name.upperBound))
        let name = UInt32(truncatingIfNeeded: name.lowerBound)..<UInt32(truncatingIfNeeded: name.upperBound)
        frames.append(
            Frame(
                stack: UInt32(truncatingIfNeeded: stack), name: name, depth: UInt32(open.count - 1),
                start: position))
    }

    private mutating func close(to depth: Int) {
        while open.count > depth {
            let frame = open.removeLast()
            if !open.isEmpty {
                open[open.count - 1].width += frame.width
                open[open.count - 1].other += frame.other
            }
            if frame.slot == 0 || (frame.width > .zero && isWide(frame.width)) {
                frames[frame.slot].width = frame.width
                frames[frame.slot].other = frame.other
                levels = max(levels, open.count + 1)
                continue
            }
            // What it calls is no wider and has gone before.
            frames.removeLast()
            if frame.width > .zero {
                narrow += 1
            } else if frame.other > .zero {
                hidden.frames += 1
                hidden.count += frame.otherSelf
            }
        }
    }
}

extension StackCounts {
    /// How many bytes at the beginning are the same.
    fileprivate func commonPrefix(_ left: Int, _ right: Int) -> Int {
        withStack(left) { left in withStack(right) { left.commonPrefix(with: $0) } }
    }
}

extension RawSpan {
    /// Whether a frame that ends at `end` in the stack before, with which `common` bytes are the
    /// same, ends here, too.
    fileprivate func hasFrameEnd(at end: Int, within common: Int) -> Bool {
        end < common || (end == common && (end == byteCount || byte(at: end) == UInt8(ascii: ";")))
    }

    fileprivate func frameEnd(from start: Int) -> Int {
        var end = start
        while end < byteCount, byte(at: end) != UInt8(ascii: ";") { end += 1 }
        return end
    }
}
