// SPDX-License-Identifier: Apache-2.0

/// What writes stacks as text.
public enum StackFormat: Sendable {
    case perfScript
    case bpftrace
    case folded

    /// Told by one line; `nil` if this line does not say. `Lost 12` may be a folded
    /// stack of one frame or anything, `Attaching 1 probe...` is like a header of perf's.
    init?(_ line: RawSpan) {
        guard line.byteCount > 0, !line.byte(at: 0).isSpace, !line.has("#", at: 0) else { return nil }
        if BpftraceMaps.begins(line) {
            self = .bpftrace
            return
        }
        if EventLine(line) != nil, Self.endsAsEvent(line) || Self.hasTime(line) {
            self = .perfScript
        } else if let folded = FoldedLine(line), line.extracting(folded.stack).first(";") != nil {
            self = .folded
        } else {
            return nil
        }
    }

    /// perf writes a blank or a colon after each field.
    private static func endsAsEvent(_ line: RawSpan) -> Bool {
        let end = line.has("\r", at: line.byteCount - 1) ? line.byteCount - 1 : line.byteCount
        return line.has(" ", at: end - 1) || line.has(":", at: end - 1)
    }

    /// Seconds since boot, as in ` 4794564.109216: `.
    private static func hasTime(_ line: RawSpan) -> Bool {
        var from = 0
        while let point = line.first(".", from: from) {
            let end = line.end(from: point + 1, while: \.isDigit)
            let start = line.start(from: point, while: \.isDigit)
            if start < point, point + 1 < end, line.has(":", at: end) { return true }
            from = point + 1
        }
        return false
    }
}
