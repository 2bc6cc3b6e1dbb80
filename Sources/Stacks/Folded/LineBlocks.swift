// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Text of any length, read in blocks of whole lines. Memory is one buffer: a
/// line that does not fit into it is left out and counted.
public struct LineBlocks: ~Copyable {
    /// The longest line that is read, in bytes, its newline included.
    public static let longestLine = 4 << 20

    /// Read in one piece: what the processor's cache still holds when it is looked at.
    private static let mostAtOnce = 256 << 10

    /// Lines that were too long, and the number of the first one.
    public private(set) var skipped = SkippedLines()
    /// Bytes read so far.
    public private(set) var byteCount = 0

    private let buffer: UnsafeMutableRawBufferPointer
    private let source: Source
    /// The part of the buffer that was read and not handed out.
    private var pending = 0..<0
    private var ended = false
    /// In the middle of a line that was too long.
    private var skipping = false
    /// The number of the line with which the next block begins.
    private var nextLine = 1

    /// Fills a buffer, or a part of it: how many bytes, 0 at the end of the text.
    public typealias Source = (UnsafeMutableRawBufferPointer) throws -> Int

    /// Reads from `source`. A smaller `size` is for tests.
    public init(size: Int = longestLine, source: @escaping Source) {
        buffer = .allocate(byteCount: size, alignment: 64)
        self.source = source
    }

    deinit { buffer.deallocate() }

    /// Calls `body` with the next block and the number of its first line, counted from 1; `false` at the
    /// end of the text, without a call. Every line of a block ends in a newline, but for the text's last
    /// one, which need not.
    public mutating func next(_ body: (_ block: RawSpan, _ firstLine: Int) throws -> Void) throws -> Bool {
        while true {
            if let block = takeWholeLines() {
                // Inside the buffer: what `fill` put there. The span lives as long as this call.
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[block])
                let firstLine = nextLine
                nextLine += bytes.count(of: UInt8(ascii: "\n"))
                try body(bytes.bytes, firstLine)
                return true
            }
            guard !ended else { return false }
            try fill()
        }
    }

    /// The pending text up to its last newline, or all of it at the end.
    private mutating func takeWholeLines() -> Range<Int>? {
        if skipping { finishSkipping() }
        guard !pending.isEmpty, !skipping else { return nil }
        var end = pending.upperBound
        if !ended {
            guard let newline = buffer[pending].lastIndex(of: UInt8(ascii: "\n")) else { return nil }
            end = newline + 1
        }
        defer { pending = end..<pending.upperBound }
        return pending.lowerBound..<end
    }

    private mutating func finishSkipping() {
        let newline = buffer[pending].firstIndex(of: UInt8(ascii: "\n"))
        pending = (newline.map { $0 + 1 } ?? pending.upperBound)..<pending.upperBound
        guard newline != nil else { return }
        skipping = false
        nextLine += 1
    }

    /// Reads more behind what is pending, which is moved to the front.
    private mutating func fill() throws {
        if pending.count == buffer.count {
            skipped.add(line: nextLine)
            skipping = true
            pending = 0..<0
        }
        if pending.lowerBound > 0 {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[pending]))
            pending = 0..<pending.count
        }
        let end = min(pending.upperBound + Self.mostAtOnce, buffer.count)
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[pending.upperBound..<end])
        let got = try source(room)
        precondition(got >= 0 && got <= room.count, "a source fills no more than it is given")
        ended = got == 0
        byteCount += got
        pending = pending.lowerBound..<pending.upperBound + got
    }
}

extension RawSpan {
    /// Calls `body` with every line of a block, without its newline.
    @inline(__always)
    public func forEachLine(_ body: (RawSpan) throws -> Void) rethrows {
        try withUnsafeBytes { block in
            var start = 0
            while start < block.count, let base = block.baseAddress {
                // Searches only what is left of the block.
                let newline = memchr(base + start, CInt(UInt8(ascii: "\n")), block.count - start)
                let end = newline.map { UnsafeRawPointer($0) - base } ?? block.count
                try body(UnsafeRawBufferPointer(rebasing: block[start..<end]).bytes)
                start = end + 1
            }
        }
    }
}

extension UnsafeRawBufferPointer {
    /// How many bytes have this value; sixteen at a time, and each of sixteen sums before it overflows.
    fileprivate func count(of byte: UInt8) -> Int {
        typealias Vector = SIMD16<UInt8>
        let wanted = Vector(repeating: byte)
        var found = 0
        var at = 0
        while at &+ Vector.scalarCount <= count {
            let end = Swift.min(count &- Vector.scalarCount, at &+ 254 &* Vector.scalarCount)
            var sums = Vector()
            while at <= end {
                // Inside: sixteen bytes are left from `at`. A mask has all bits set where it is true: -1.
                let same = loadUnaligned(fromByteOffset: at, as: Vector.self) .== wanted
                sums = sums &- unsafeBitCast(same, to: Vector.self)
                at &+= Vector.scalarCount
            }
            for lane in sums.indices { found &+= Int(sums[lane]) }
        }
        while at < count {
            found &+= self[at] == byte ? 1 : 0
            at &+= 1
        }
        return found
    }
}
