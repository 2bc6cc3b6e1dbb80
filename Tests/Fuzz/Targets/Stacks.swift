// SPDX-License-Identifier: Apache-2.0
@testable import Stacks

extension FuzzTarget {
    /// The last byte chooses options.
    static let perfScript = FuzzTarget("perf-script") { bytes in
        var options = FoldOptions()
        let bits = bytes.last ?? 0
        options.pid = bits & 1 != 0
        options.tid = bits & 2 != 0
        options.kernel = bits & 4 != 0
        options.jit = bits & 8 != 0
        options.addresses = bits & 16 != 0
        options.event = bits & 32 != 0 ? "cycles" : nil
        try FoldedAgain.check(bytes, options)
    }

    static let bpftrace = FuzzTarget("bpftrace") { try FoldedAgain.check(Array("@[\n".utf8) + $0) }

    static let folded = FuzzTarget("folded") { bytes in
        try FoldedAgain.check(bytes)
        // What is drawn has the widths of what was read.
        var rest = bytes[...]
        var blocks = LineBlocks(size: 512) { room in
            let part = rest.prefix(room.count)
            room.copyBytes(from: part)
            rest = rest.dropFirst(part.count)
            return part.count
        }
        var reader = FoldedReader()
        reader.stripsHex = bytes.first == UInt8(ascii: "0")
        _ = try reader.stacks(in: &blocks)
    }
}

/// Stacks that are written as folded ones are the same when they are read again.
private enum FoldedAgain {
    static func check(_ text: [UInt8], _ options: FoldOptions = FoldOptions()) throws {
        let result = folded(text, options)
        try checkSame(result, folded(text, options, inPieces: true))
        var written: [UInt8] = []
        result.write { written += $0 }
        try checkReadable(written, result)
        _ = FoldNotes.lines(of: result, isEventChosen: options.event != nil)
    }

    private static func folded(
        _ text: [UInt8], _ options: FoldOptions, inPieces: Bool = false
    ) -> FoldedStacks {
        var folding = Folding(options)
        guard inPieces else {
            folding.take(text.span.bytes, firstLine: 1)
            return folding.result()
        }
        var number = 1
        var rest = text[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.endIndex
            let line = Array(rest[..<end])
            folding.take(line.span.bytes, firstLine: number)
            rest = rest[end...]
            number += 1
        }
        return folding.result()
    }

    private static func checkSame(_ one: FoldedStacks, _ other: FoldedStacks) throws(Broken) {
        try holds(one.stacks.total == other.stacks.total, "the total is the same by line and as a whole")
        try holds(one.sampleCount == other.sampleCount, "samples are the same by line and as a whole")
    }

    private static func checkReadable(_ written: [UInt8], _ result: FoldedStacks) throws {
        var again = FoldedText()
        var number = 1
        try written.span.bytes.forEachLine { line in
            let isPlain = line.withUnsafeBytes { $0.allSatisfy { $0 >= 0x20 && $0 != 0x7f } }
            try holds(isPlain, "line \(number) holds control characters")
            line.withUnsafeBytes { again.take($0, number: number) }
            number += 1
        }
        try holds(again.skipped.count == 0, "line \(again.skipped.firstLine ?? 0) is not understood")
        try holds(again.lineCount == number - 1, "a line is passed over")
        try holds(again.stacks.total == result.stacks.total, "the total of counts")
        try holds(again.seconds.total == result.seconds.total, "the total of second counts")
    }
}

extension [StackCount?] {
    fileprivate var total: StackCount { compactMap(\.self).total }
}
