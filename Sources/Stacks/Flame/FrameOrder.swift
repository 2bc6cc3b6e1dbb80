// SPDX-License-Identifier: Apache-2.0

extension StackCounts {
    /// So few are compared with one another.
    private static let few = 12

    /// Every index, ordered frame by frame, so that stacks with a common caller stand together.
    ///
    /// In the order of bytes `a-b` would come between `a` and `a;c`: here the semicolon is the
    /// lowest of all. Eight bytes at a time: stacks are alike for long, and what is equal
    /// need not be looked at again.
    func frameOrder() -> [Int] {
        var keys = (0..<count).map { FrameKey(bytes: 0, index: UInt32(truncatingIfNeeded: $0)) }
        // A slice of the array would be a copy; this stays within the buffer, and the buffer within the call.
        keys.withUnsafeMutableBufferPointer { keys in
            // Ranges that are equal up to this offset.
            var pending = [(range: keys.indices, offset: 0)]
            while let (range, offset) = pending.popLast() {
                var part = UnsafeMutableBufferPointer(rebasing: keys[range])
                order(&part, from: offset) {
                    pending.append(
                        (range.lowerBound + $0.lowerBound..<range.lowerBound + $0.upperBound, offset + 8))
                }
            }
        }
        return keys.map { Int($0.index) }
    }

    /// Orders by the next eight bytes; `again` gets the ranges that these leave equal.
    private func order(
        _ keys: inout UnsafeMutableBufferPointer<FrameKey>, from offset: Int, again: (Range<Int>) -> Void
    ) {
        if keys.count <= Self.few {
            keys.sort { left, right in
                withStack(Int(left.index)) { left in
                    withStack(Int(right.index)) { left.precedes($0, from: offset) }
                }
            }
            return
        }
        for at in keys.indices {
            keys[at].bytes = withStack(Int(keys[at].index)) { $0.frameKey(at: offset) }
        }
        keys.sort { left, right in left.bytes < right.bytes }
        var start = 0
        while start < keys.count {
            var end = start + 1
            while end < keys.count, keys[end].bytes == keys[start].bytes { end += 1 }
            if end - start > 1 {
                var equal = UnsafeMutableBufferPointer(rebasing: keys[start..<end])
                let ended = endedFirst(&equal, before: offset + 8)
                if equal.count - ended > 1 { again(start + ended..<end) }
            }
            start = end
        }
    }

    /// Puts the stacks that end before `offset` in front, the shortest first; how many they are.
    /// Behind its end a stack looks as if there were more semicolons.
    private func endedFirst(_ keys: inout UnsafeMutableBufferPointer<FrameKey>, before offset: Int) -> Int {
        func length(_ key: FrameKey) -> Int { withStack(Int(key.index)) { $0.byteCount } }
        let ended = keys.partition { length($0) > offset }
        var short = UnsafeMutableBufferPointer(rebasing: keys[..<ended])
        short.sort { length($0) < length($1) }
        return ended
    }
}

private struct FrameKey {
    var bytes: UInt64
    let index: UInt32
}

extension RawSpan {
    /// How many bytes from `offset` on are the same in both.
    func commonPrefix(with other: RawSpan, from offset: Int = 0) -> Int {
        let end = Swift.min(byteCount, other.byteCount)
        var at = offset
        while at + 8 <= end {
            // Inside both: eight bytes are left from `at`; any bytes are a number.
            let difference =
                unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self)
                ^ other.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self)
            guard difference == 0 else {
                return at - offset + UInt64(littleEndian: difference).trailingZeroBitCount / 8
            }
            at += 8
        }
        while at < end, byte(at: at) == other.byte(at: at) { at += 1 }
        return Swift.max(at - offset, 0)
    }

    /// Whether this comes before `other`, which is the same up to `offset`.
    fileprivate func precedes(_ other: RawSpan, from offset: Int) -> Bool {
        let at = offset + commonPrefix(with: other, from: offset)
        guard at < byteCount, at < other.byteCount else { return byteCount < other.byteCount }
        let (mine, theirs) = (byte(at: at), other.byte(at: at))
        let semicolon = UInt8(ascii: ";")
        return mine == semicolon || (theirs != semicolon && mine < theirs)
    }

    /// The next eight bytes as a number that orders as they do, with the semicolon lowest; what is
    /// behind the end is lowest, too.
    fileprivate func frameKey(at offset: Int) -> UInt64 {
        if offset + 8 <= byteCount {
            // The span checks the bounds; any bytes are a number.
            return Self.ordered(
                UInt64(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)))
        }
        var next: UInt64 = 0
        for at in offset..<offset + 8 {
            next = next << 8 | UInt64(at < byteCount ? byte(at: at) : UInt8(ascii: ";"))
        }
        return Self.ordered(next)
    }

    /// Of eight bytes at once: what is below the semicolon is one more, the semicolon 0.
    private static func ordered(_ bytes: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let (high, semicolons) = (ones &* 0x80, ones &* 0x3b)
        // The high bit of each byte tells; no byte's sum reaches the next byte.
        let notBelow = ((bytes & ~high) &+ ones &* (0x80 - 0x3b)) | bytes
        let differs = bytes ^ semicolons
        let other = ((differs & ~high) &+ ~high) | differs
        let raised = bytes &+ ((~notBelow & high) >> 7)
        return raised & (((other & high) >> 7) &* 0xff)
    }
}
