// SPDX-License-Identifier: Apache-2.0

/// A line of a call chain, as in `    ffffffff8103ce3b native_safe_halt+0xb ([kernel.kallsyms])`.
///
/// What counts as one is what `^\s*(\w+)\s*(.+) \((.*)\)` matches, greedy as
/// regular expressions are: functions may hold blanks and parentheses, and the
/// module is what stands in the last ones.
struct FrameLine {
    let address: Range<Int>
    /// With its offset, and with the functions that were inlined: `outer->inner+0x12`.
    let function: Range<Int>
    let module: Range<Int>

    init?(_ line: RawSpan) {
        guard let close = line.last(")", before: line.byteCount),
            let open = line.last(" (", before: close)
        else { return nil }
        let addressStart = line.end(from: 0, while: \.isSpace)
        let addressEnd = line.end(from: addressStart, while: \.isWord)
        let blanksEnd = line.end(from: addressEnd, while: \.isSpace)
        // The function has at least one character, if need be one of the blanks or of the address.
        let functionStart = min(blanksEnd, open - 1)
        let wordEnd = min(addressEnd, functionStart)
        guard wordEnd > addressStart else { return nil }
        address = addressStart..<wordEnd
        function = functionStart..<open
        module = open + 2..<close
    }
}
