// SPDX-License-Identifier: Apache-2.0

/// What folding a text gave, and what it left out.
public struct FoldedStacks: Sendable {
    /// Every stack with its samples, or with the sum of their periods where perf wrote them.
    public internal(set) var stacks = StackCounts()
    /// Samples, map entries or lines that the counts are made of.
    public internal(set) var sampleCount = 0
    /// Samples of events that were not to be counted.
    public internal(set) var otherSampleCount = 0
    /// The event whose samples were counted; `nil` where the text names none.
    public internal(set) var event: String?
    /// The text ended within a sample, which does not count then.
    public internal(set) var endsInSample = false
    /// Lines of no known form.
    public internal(set) var skipped = SkippedLines()
    /// By the stack's index, where folded stacks had two counts.
    var seconds: [StackCount?] = []

    /// Counts lines that were never taken, as being too long.
    public mutating func leaveOut(_ lines: SkippedLines) {
        skipped.merge(lines)
    }

    /// Writes `frame;frame COUNT` lines in the order of the stacks' bytes, in pieces of some 64 KiB.
    public func write(_ piece: ([UInt8]) throws -> Void) rethrows {
        try stacks.writeFolded(seconds: seconds, piece)
    }
}

extension StackCounts {
    /// Writes `frame;frame COUNT` lines in the order of the stacks' bytes, in pieces of some 64 KiB.
    public func writeFolded(_ piece: ([UInt8]) throws -> Void) rethrows {
        try writeFolded(seconds: [], piece)
    }

    /// - Parameter seconds: by the stack's index, a second count.
    func writeFolded(seconds: [StackCount?], _ piece: ([UInt8]) throws -> Void) rethrows {
        var text: [UInt8] = []
        for index in sortedIndices() {
            let second = index < seconds.count ? seconds[index] : nil
            withStack(index) { WrittenStack.append($0, hasTwoCounts: second != nil, to: &text) }
            text += " \(self[index])".utf8
            if let second { text += " \(second)".utf8 }
            text.append(UInt8(ascii: "\n"))
            if text.count >= 1 << 16 {
                try piece(text)
                text.removeAll(keepingCapacity: true)
            }
        }
        if !text.isEmpty { try piece(text) }
    }
}
