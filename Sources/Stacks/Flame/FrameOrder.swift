// SPDX-License-Identifier: Apache-2.0

extension StackCounts {
    /// Every index, ordered frame by frame, so that stacks with a common caller stand together.
    ///
    /// In the order of bytes `a-b` would come between `a` and `a;c`: here the semicolon is the
    /// lowest of all. Eight bytes at a time: stacks are alike for long, and what is equal
    /// need not be looked at again.
    func frameOrder() -> [Int] {
        var keys = (0..<count).map { FrameKey(bytes: 0, index: UInt32(truncatingIfNeeded: $0)) }
        // Ranges that are equal up to this offset.
        var pending = [(range: keys.indices, offset: 0)]
        while let (range, offset) = pending.popLast() {
            for at in range {
                keys[at].bytes = withStack(Int(keys[at].index)) { $0.frameKey(at: offset) }
            }
            keys[range].sort { left, right in left.bytes < right.bytes }
            var start = range.lowerBound
            while start < range.upperBound {
                var end = start + 1
                while end < range.upperBound, keys[end].bytes == keys[start].bytes { end += 1 }
                if end - start > 1 { splitEnded(&keys, start..<end, after: offset + 8, &pending) }
                start = end
            }
        }
        return keys.map { Int($0.index) }
    }

    /// Puts the stacks that end before `offset` in front, the shortest first, and leaves the others to do.
    /// An end looks like the lowest byte, of which there may be more.
    private func splitEnded(
        _ keys: inout [FrameKey], _ range: Range<Int>, after offset: Int,
        _ pending: inout [(range: Range<Int>, offset: Int)]
    ) {
        func length(_ key: FrameKey) -> Int { withStack(Int(key.index)) { $0.byteCount } }
        let longer = keys[range].partition { length($0) > offset }
        keys[range.lowerBound..<longer].sort { length($0) < length($1) }
        if range.upperBound - longer > 1 { pending.append((longer..<range.upperBound, offset)) }
    }
}

private struct FrameKey {
    var bytes: UInt64
    let index: UInt32
}

extension RawSpan {
    /// The next eight bytes as a number that orders as they do, with the semicolon lowest; what is
    /// behind the end is lowest, too.
    fileprivate func frameKey(at offset: Int) -> UInt64 {
        var next = SIMD8<UInt8>(repeating: UInt8(ascii: ";"))
        if offset + 8 <= byteCount {
            // The span checks the bounds; any bytes are such a vector.
            next = unsafeLoadUnaligned(fromByteOffset: offset, as: SIMD8<UInt8>.self)
        } else {
            for at in Swift.min(offset, byteCount)..<byteCount { next[at - offset] = byte(at: at) }
        }
        let lowest = UInt8(ascii: ";")
        let ordered = next.replacing(with: next &+ 1, where: next .< lowest)
            .replacing(with: 0, where: next .== lowest)
        return UInt64(bigEndian: unsafeBitCast(ordered, to: UInt64.self))
    }
}
