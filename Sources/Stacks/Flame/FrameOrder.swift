// SPDX-License-Identifier: Apache-2.0

extension FrameStacks {
    /// So few are compared with one another.
    private static let few = 12

    /// Every index, ordered frame by frame by the bytes of the names, so that stacks with a common
    /// caller stand together; a stack comes before what it begins.
    ///
    /// Two frames at a time: stacks are alike for long, and what is equal need not be looked at again.
    func frameOrder() -> [Int] {
        let ranks = ranks()
        var keys = (0..<count).map { FrameKey(frames: 0, index: UInt32(truncatingIfNeeded: $0)) }
        // A slice of the array would be a copy; this stays within the buffer, and the buffer within the call.
        keys.withUnsafeMutableBufferPointer { keys in
            // Ranges that are equal up to this frame.
            var pending = [(range: keys.indices, offset: 0)]
            while let (range, offset) = pending.popLast() {
                var part = UnsafeMutableBufferPointer(rebasing: keys[range])
                order(&part, from: offset, by: ranks) {
                    pending.append(
                        (range.lowerBound + $0.lowerBound..<range.lowerBound + $0.upperBound, offset + 2))
                }
            }
        }
        return keys.map { Int($0.index) }
    }

    /// By the number of a frame, the place of its name among all, from 1 on: 0 is no frame.
    private func ranks() -> [UInt32] {
        var ranks = [UInt32](repeating: 0, count: names.count)
        for (rank, name) in names.sortedIndices().enumerated() {
            ranks[name] = UInt32(truncatingIfNeeded: rank + 1)
        }
        return ranks
    }

    /// Orders by the next two frames; `again` gets the ranges that these leave equal.
    private func order(
        _ keys: inout UnsafeMutableBufferPointer<FrameKey>, from offset: Int, by ranks: [UInt32],
        again: (Range<Int>) -> Void
    ) {
        if keys.count <= Self.few {
            keys.sort { left, right in
                withFrames(Int(left.index)) { left in
                    withFrames(Int(right.index)) { left.precedes($0, from: offset, by: ranks) }
                }
            }
            return
        }
        for at in keys.indices {
            keys[at].frames = withFrames(Int(keys[at].index)) { $0.key(at: offset, by: ranks) }
        }
        keys.sort { left, right in left.frames < right.frames }
        var start = 0
        while start < keys.count {
            var end = start + 1
            while end < keys.count, keys[end].frames == keys[start].frames { end += 1 }
            // No two stacks are the same: none of these has ended.
            if end - start > 1 { again(start..<end) }
            start = end
        }
    }
}

private struct FrameKey {
    var frames: UInt64
    let index: UInt32
}

extension UnsafeBufferPointer<UInt32> {
    /// How many frames from `offset` on are the same in both.
    func commonPrefix(with other: Self, from offset: Int = 0) -> Int {
        let end = Swift.min(count, other.count)
        var at = offset
        while at < end, self[at] == other[at] { at += 1 }
        return at - offset
    }

    /// Whether this comes before `other`, which is the same up to `offset`.
    fileprivate func precedes(_ other: Self, from offset: Int, by ranks: [UInt32]) -> Bool {
        let at = offset + commonPrefix(with: other, from: offset)
        guard at < count, at < other.count else { return count < other.count }
        return ranks[Int(self[at])] < ranks[Int(other[at])]
    }

    /// The next two frames as a number that orders as they do.
    fileprivate func key(at offset: Int, by ranks: [UInt32]) -> UInt64 {
        func rank(_ at: Int) -> UInt64 { at < count ? UInt64(ranks[Int(self[at])]) : 0 }
        return rank(offset) << 32 | rank(offset + 1)
    }
}
