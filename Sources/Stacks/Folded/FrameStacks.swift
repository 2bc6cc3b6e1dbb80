// SPDX-License-Identifier: Apache-2.0

/// Different stacks, as numbers of their frames: each name is kept once, and a stack takes four
/// bytes per frame, however long the names are.
///
/// A stack keeps the index it got when it was first added: 0, 1, 2 and so on.
struct FrameStacks: Sendable {
    /// The frames' names; a frame's number is the index of its name.
    private(set) var names = ByteTable()
    /// The keys are the frames' numbers, as they stand in memory.
    private var stacks = ByteTable()

    /// The stack that was added last, where each of its frames ends, and their numbers: the next one
    /// often begins alike.
    private var text: [UInt8] = []
    private var ends: [Int] = []
    private var frames: [UInt32] = []

    /// How many different stacks there are.
    var count: Int { stacks.count }
    /// How many frames they have together.
    var frameCount: Int { stacks.bytes.count / MemoryLayout<UInt32>.size }

    /// The index of a stack, which need not be known yet: names with semicolons between them.
    mutating func add(_ stack: RawSpan) -> Int {
        keepCommon(stack)
        var start = ends.last.map { $0 + 1 } ?? 0
        stack.withUnsafeBytes { bytes in
            // An empty stack has no frame; after a semicolon at the end comes an empty one.
            while start <= bytes.count, bytes.count > 0 {
                let end = bytes.semicolon(from: start)
                // Both are inside the stack.
                let name = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                frames.append(UInt32(truncatingIfNeeded: names.intern(name).index))
                ends.append(end)
                start = end + 1
            }
            text.removeAll(keepingCapacity: true)
            text.append(contentsOf: bytes)
        }
        return frames.withUnsafeBytes { stacks.intern($0).index }
    }

    /// Leaves of the stack before those frames with which this one begins, too.
    private mutating func keepCommon(_ stack: RawSpan) {
        let common = text.span.bytes.commonPrefix(with: stack)
        while let end = ends.last, !stack.hasFrameEnd(at: end, within: common) {
            ends.removeLast()
            frames.removeLast()
        }
    }

    /// Calls `body` with the numbers of the stack's frames, the outermost first.
    @inline(__always)
    func withFrames<Result>(
        _ index: Int, _ body: (UnsafeBufferPointer<UInt32>) throws -> Result
    ) rethrows -> Result {
        // Numbers of four bytes each were put in, one stack behind another: they are aligned as
        // the array's first byte is. They live as long as this call.
        try stacks.withKey(index) { try $0.withMemoryRebound(to: UInt32.self, body) }
    }

    /// Calls `body` with the name of the frame with this number.
    @inline(__always)
    func withName<Result>(_ frame: UInt32, _ body: (RawSpan) throws -> Result) rethrows -> Result {
        try names.withKey(Int(frame)) { try body($0.bytes) }
    }
}

extension RawSpan {
    /// Whether a frame that ends at `end` in the stack before, with which `common` bytes are the
    /// same, ends here, too.
    fileprivate func hasFrameEnd(at end: Int, within common: Int) -> Bool {
        guard byteCount > 0 else { return false }
        return end < common || (end == common && (end == byteCount || byte(at: end) == UInt8(ascii: ";")))
    }
}

extension UnsafeRawBufferPointer {
    /// Where the next semicolon stands; without one, the end. Eight bytes at a time.
    @inline(__always)
    fileprivate func semicolon(from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var at = start
        while at &+ 8 <= count {
            // Inside: eight bytes are left from `at`.
            let other =
                UInt64(littleEndian: loadUnaligned(fromByteOffset: at, as: UInt64.self))
                ^ (ones &* 0x3b)
            // The lowest high bit that is set is that of the first byte that is 0.
            let zeros = (other &- ones) & ~other & (ones &* 0x80)
            if zeros != 0 { return at &+ zeros.trailingZeroBitCount / 8 }
            at &+= 8
        }
        while at < count, self[at] != UInt8(ascii: ";") { at &+= 1 }
        return at
    }
}
