// SPDX-License-Identifier: Apache-2.0

/// The line with which `perf script` begins a sample, as in
/// `java 24636/25607 [000] 4794564.109216:  10309278 cycles:`.
///
/// What counts as one is what `^(\S.+?)\s+(\d+)\/*(\d+)*\s+` matches, and its
/// event what `:\s*(\d+)*\s+(\S+):\s*$` does: perf's output has no grammar but
/// this one, by which everybody reads it. Hence a command's name of one letter
/// is read wrongly, here as there.
struct EventLine {
    let command: Range<Int>
    /// Missing where perf wrote the thread only.
    let process: Range<Int>?
    let thread: Range<Int>
    /// Missing where something else stands at the end, as after a tracepoint.
    let event: Event?

    struct Event {
        let name: Range<Int>
        /// What one sample stands for.
        let period: UInt64
    }

    init?(_ line: RawSpan) {
        guard line.byteCount > 0, !line.byte(at: 0).isSpace else { return nil }
        // The first blanks that are followed by a number and more blanks.
        var commandEnd = 2
        while true {
            commandEnd = line.end(from: commandEnd) { !$0.isSpace }
            let blanksEnd = line.end(from: commandEnd, while: \.isSpace)
            guard blanksEnd < line.byteCount else { return nil }
            if let ids = Self.ids(in: line, from: blanksEnd) {
                command = 0..<commandEnd
                (process, thread) = ids
                break
            }
            commandEnd = blanksEnd
        }
        event = Self.event(in: line)
    }

    /// `PID/TID` or `TID`, with a blank after it.
    private static func ids(in line: RawSpan, from start: Int) -> (process: Range<Int>?, thread: Range<Int>)?
    {
        let firstEnd = line.end(from: start, while: \.isDigit)
        guard firstEnd > start else { return nil }
        let secondStart = line.end(from: firstEnd) { $0 == UInt8(ascii: "/") }
        let secondEnd = line.end(from: secondStart, while: \.isDigit)
        guard secondEnd < line.byteCount, line.byte(at: secondEnd).isSpace else { return nil }
        let first = start..<firstEnd
        let second = secondStart..<secondEnd
        // Thread 0, the idle one, is taken for a missing second number.
        return second.isEmpty || line.extracting(second).equals("0") ? (nil, first) : (first, second)
    }

    /// `: PERIOD EVENT:` at the end of the line, read backwards; the period may be missing.
    private static func event(in line: RawSpan) -> Event? {
        let end = line.start(from: line.byteCount, while: \.isSpace)
        guard line.has(":", at: end - 1) else { return nil }
        let nameStart = line.start(from: end) { !$0.isSpace }
        let name = nameStart..<end - 1
        let periodEnd = line.start(from: nameStart, while: \.isSpace)
        guard !name.isEmpty, periodEnd < nameStart else { return nil }
        let periodStart = line.start(from: periodEnd, while: \.isDigit)
        let colon = periodStart == periodEnd ? periodEnd : line.start(from: periodStart, while: \.isSpace)
        guard line.has(":", at: colon - 1) else { return nil }
        return Event(name: name, period: period(line.extracting(periodStart..<periodEnd)))
    }

    /// 1 where there is no period, or a plain 0.
    private static func period(_ digits: RawSpan) -> UInt64 {
        guard !digits.equals("0"), let count = StackCount(digits) else { return 1 }
        return count.whole
    }
}
