// SPDX-License-Identifier: Apache-2.0

/// Where every frame stands that is wide enough to be seen. In units of counts,
/// callers before what they call.
struct FlameLayout {
    /// No picture has more levels than this: deeper stacks are cut off there.
    static let deepest = 2000

    struct Frame {
        /// The number of its name; the root has none.
        let name: UInt32
        /// 0 is the root.
        let depth: UInt32
        /// How much stands left of it.
        let start: StackCount
        /// With all that it calls.
        var width = StackCount.zero
        /// The same in the file that does not give the widths.
        var other = StackCount.zero
    }

    /// The first is the root.
    private(set) var frames: [Frame] = []
    private(set) var levels = 0
    /// Frames too narrow to be drawn.
    private(set) var narrow = 0
    /// Frames that only the other file has, and how much of it that is.
    private(set) var hidden = (frames: 0, count: StackCount.zero)
    /// Stacks that were too deep.
    private(set) var cut = 0

    private let stacks: FrameStacks
    private let isWide: (StackCount) -> Bool
    private var open: [Run] = []
    /// How much stands left of what comes next.
    private var position = StackCount.zero

    /// Frames on top of one another whose end is not yet known. Of each but the last all that is
    /// known so far stands on it: they are alike, and most go as they came, all at once.
    private struct Run {
        /// A stack that has these frames.
        let stack: Int
        /// 0 is the root.
        var depths: Range<Int>
        /// Where the first stands in `frames`; `nil` as long as nothing that is drawn stands on them.
        var slot: Int?
        let start: StackCount
        var width = StackCount.zero
        var other = StackCount.zero
        /// What of `other` ends in the last of these frames.
        var otherSelf = StackCount.zero

        mutating func add(_ count: (width: StackCount, other: StackCount)) {
            width += count.width
            other += count.other
        }

        /// Takes off the frames from this depth on.
        mutating func split(at depth: Int) -> Run {
            var upper = self
            upper.depths = depth..<depths.upperBound
            upper.slot = slot.map { $0 + depth - depths.lowerBound }
            depths = depths.lowerBound..<depth
            otherSelf = .zero
            return upper
        }
    }

    /// - Parameters:
    ///   - counts: by index of the stack the count that is the width, and the other.
    ///   - isWide: whether a width is drawn; more is, where less is.
    init(
        _ stacks: FrameStacks, counts: (Int) -> (width: StackCount, other: StackCount),
        isWide: @escaping (StackCount) -> Bool
    ) {
        self.stacks = stacks
        self.isWide = isWide
        // As many as a usual picture has: to grow is to copy, and no more is touched than is used.
        frames.reserveCapacity(min(stacks.frameCount + 1, 1 << 16))
        frames.append(Frame(name: 0, depth: 0, start: position))
        open.append(Run(stack: 0, depths: 0..<1, slot: 0, start: position))
        var previous: Int?
        for index in stacks.frameOrder() {
            let common = previous.map { stacks.commonPrefix($0, index) } ?? 0
            add(index, common: common, counts(index))
            previous = index
        }
        close(to: 0)
    }

    /// - Parameter common: how many frames are the same as in the stack before.
    private mutating func add(_ index: Int, common: Int, _ count: (width: StackCount, other: StackCount)) {
        let length = stacks.withFrames(index, \.count)
        if length > Self.deepest { cut += 1 }
        // The root is below the first.
        let depths = 1 + min(common, Self.deepest)..<1 + min(length, Self.deepest)
        close(to: depths.lowerBound)
        if !depths.isEmpty { open.append(Run(stack: index, depths: depths, start: position)) }
        open[open.count - 1].add(count)
        open[open.count - 1].otherSelf += count.other
        position += count.width
    }

    private mutating func close(to depth: Int) {
        while let last = open.last, last.depths.upperBound > depth {
            if last.depths.lowerBound < depth {
                return close(open[open.count - 1].split(at: depth))
            }
            open.removeLast()
            if !open.isEmpty { open[open.count - 1].add((last.width, last.other)) }
            close(last)
        }
    }

    /// Of a run whose width is known now.
    private mutating func close(_ run: Run) {
        if run.depths.lowerBound == 0 || (run.width > .zero && isWide(run.width)) {
            let slot = run.slot ?? place(onTop: run)
            for frame in slot..<slot + run.depths.count {
                frames[frame].width = run.width
                frames[frame].other = run.other
            }
            levels = max(levels, run.depths.upperBound)
        } else if run.width > .zero {
            narrow += run.depths.count
        } else if run.other > .zero {
            hidden.frames += run.depths.count
            hidden.count += run.otherSelf
        }
    }

    /// Gives a run's frames their places, behind those that they stand on; where the first one is.
    private mutating func place(onTop run: Run) -> Int {
        for depth in open.indices where open[depth].slot == nil { open[depth].slot = place(open[depth]) }
        return place(run)
    }

    private mutating func place(_ run: Run) -> Int {
        let slot = frames.count
        Self.append(run, of: stacks, to: &frames)
        return slot
    }

    /// Apart from all else that is known: else `stacks` would be copied for each.
    private static func append(_ run: Run, of stacks: FrameStacks, to frames: inout [Frame]) {
        stacks.withFrames(run.stack) { names in
            for depth in run.depths {
                frames.append(Frame(name: names[depth - 1], depth: UInt32(depth), start: run.start))
            }
        }
    }
}

extension FrameStacks {
    /// How many frames at the beginning are the same.
    fileprivate func commonPrefix(_ left: Int, _ right: Int) -> Int {
        withFrames(left) { left in withFrames(right) { left.commonPrefix(with: $0) } }
    }
}
