// SPDX-License-Identifier: Apache-2.0

/// Folds what bpftrace prints of a map whose key has a stack, as in
///
///     @[
///         tcp_recvmsg+808
///         inet_recvmsg+81
///     , nginx]: 3
///
/// as stackcollapse-bpftrace.pl does: innermost frame first there, last in the
/// folded stack, offsets stay. What stands behind the stack in the key becomes
/// the outermost frame. Beyond that script, the map may have a name.
struct BpftraceMaps: Sendable {
    /// Map entries that counted.
    private(set) var sampleCount = 0
    private(set) var skipped = SkippedLines()
    private(set) var stacks = StackCounts()

    private(set) var isInSample = false
    /// The frames of the entry being read, one after another, and where each ends.
    private var text: [UInt8] = []
    private var ends: [Int] = []

    /// Whether a line begins an entry with a stack: `@[`, `@name[`, or all of one without frames, `@[, nginx]: 3`.
    static func begins(_ line: RawSpan) -> Bool {
        keyStart(in: line) != nil
    }

    /// Where the key's text begins in a line that begins an entry.
    private static func keyStart(in line: RawSpan) -> Int? {
        guard line.has("@", at: 0) else { return nil }
        let bracket = line.end(from: 1, while: \.isWord)
        guard line.has("[", at: bracket) else { return nil }
        let start = bracket + 1
        return line.end(from: start, while: \.isSpace) == line.byteCount || line.has(",", at: start)
            ? start : nil
    }

    /// One line without its newline.
    mutating func take(_ raw: UnsafeRawBufferPointer, number: Int) {
        let line = raw.bytes
        if isInSample, Self.begins(line) {
            // The entry before was cut off.
            skipped.add(line: number)
            forget()
        }
        if isInSample {
            takeFrame(line, number)
        } else if let start = Self.keyStart(in: line) {
            isInSample = true
            // All on one line: the stack is empty, and the key goes on.
            let key = line.extracting(start..<line.byteCount)
            if key.has(",", at: 0) { takeFrame(key, number) }
        } else if line.end(from: 0, while: \.isSpace) < line.byteCount {
            skipped.add(line: number)
        }
    }

    private mutating func takeFrame(_ line: RawSpan, _ number: Int) {
        if let (key, count) = Self.ending(line) {
            let start = Self.afterComma(in: line.extracting(0..<key))
            if start < key { append(line.extracting(start..<key)) }
            endSample(count)
            return
        }
        let start = line.end(from: 0, while: \.isSpace)
        let end = line.start(from: line.byteCount) { $0 == UInt8(ascii: "\r") }
        guard start < end else { return }
        let frame = line.extracting(start..<end)
        // A comma alone parts two stacks of one key.
        if Self.afterComma(in: frame) == frame.byteCount { return }
        guard ends.count < PerfScript.mostFrames, text.count < LineBlocks.longestLine else {
            return skipped.add(line: number)
        }
        append(frame)
    }

    /// Where the key ends in `…]: COUNT`, and the count.
    private static func ending(_ line: RawSpan) -> (key: Int, count: StackCount)? {
        var end = line.byteCount
        while let bracket = line.last("]: ", before: end) {
            let digits = bracket + 3
            let digitsEnd = line.end(from: digits, while: \.isDigit)
            if let count = StackCount(line.extracting(digits..<digitsEnd)) { return (bracket, count) }
            end = bracket + 2
        }
        return nil
    }

    private static func afterComma(in line: RawSpan) -> Int {
        let comma = line.has(",", at: 0) ? 1 : 0
        return comma < line.byteCount && line.byte(at: comma).isSpace ? comma + 1 : comma
    }

    private mutating func append(_ frame: RawSpan) {
        frame.withUnsafeBytes { text += $0 }
        ends.append(text.count)
    }

    private mutating func endSample(_ count: StackCount) {
        var stack: [UInt8] = []
        for index in ends.indices.reversed() {
            stack += text[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
            if index > 0 { stack.append(UInt8(ascii: ";")) }
        }
        stacks.add(count, to: stack.span.bytes)
        sampleCount += 1
        forget()
    }

    private mutating func forget() {
        isInSample = false
        text.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }
}
