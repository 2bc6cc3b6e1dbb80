// SPDX-License-Identifier: Apache-2.0

/// Folds stacks: the text of `perf script`, of bpftrace's maps, or folded
/// stacks, whichever the text turns out to be. It is taken block by block, and
/// memory grows with different stacks only.
public struct Folding: Sendable {
    /// What the text is; `nil` if it has no stacks so far.
    public var format: StackFormat? {
        if let toldFormat { return toldFormat }
        if perf.sampleCount > 0 { return .perfScript }
        return folded.lineCount > 0 ? .folded : nil
    }

    /// `nil` until a line has told it.
    private var toldFormat: StackFormat?
    private var perf: PerfScript
    private var bpftrace = BpftraceMaps()
    private var folded = FoldedText()

    /// - Parameter options: how `perf script` is folded; bpftrace's and folded stacks have names only.
    public init(_ options: FoldOptions) {
        perf = PerfScript(options)
    }

    /// Takes whole lines.
    /// - Parameter firstLine: the number of the block's first line.
    public mutating func take(_ block: RawSpan, firstLine: Int) {
        var number = firstLine
        block.forEachLine { line in
            line.withUnsafeBytes { take($0, number) }
            number += 1
        }
    }

    @inline(__always)
    private mutating func take(_ line: UnsafeRawBufferPointer, _ number: Int) {
        switch toldFormat {
        case .perfScript: perf.take(line, number: number)
        case .bpftrace: bpftrace.take(line, number: number)
        case .folded: folded.take(line, number: number)
        case nil: takeUntold(line, number)
        }
    }

    /// Until a line tells whose it is, it may be either's; who is wrong forgets it.
    private mutating func takeUntold(_ line: UnsafeRawBufferPointer, _ number: Int) {
        toldFormat = StackFormat(line.bytes)
        guard toldFormat == nil else { return take(line, number) }
        perf.take(line, number: number)
        folded.take(line, number: number)
    }

    /// The stacks of what was taken.
    public func result() -> FoldedStacks {
        var result = FoldedStacks()
        switch format {
        case .perfScript:
            result.stacks = perf.stacks()
            result.sampleCount = perf.sampleCount
            result.otherSampleCount = perf.otherSampleCount
            result.event = perf.event.map { String(decoding: $0, as: UTF8.self) }
            result.endsInSample = perf.isInSample
            result.skipped = perf.skipped
        case .bpftrace:
            result.stacks = bpftrace.stacks
            result.sampleCount = bpftrace.sampleCount
            result.endsInSample = bpftrace.isInSample
            result.skipped = bpftrace.skipped
        case .folded:
            result.stacks = folded.stacks
            result.seconds = folded.seconds
            result.sampleCount = folded.lineCount
            result.skipped = folded.skipped
        case nil:
            result.skipped = perf.skipped
            result.endsInSample = perf.isInSample
        }
        return result
    }
}
