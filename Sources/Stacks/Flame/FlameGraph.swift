// SPDX-License-Identifier: Apache-2.0

/// Draws stacks as a flame graph: one SVG document that needs nothing else, to
/// look at in a browser, where its script zooms and searches.
public struct FlameGraph: Sendable {
    public var options: FlameOptions

    public init(_ options: FlameOptions = FlameOptions()) {
        self.options = options
    }

    /// Writes the picture of the stacks to `sink`, a piece at a time.
    public func write(_ stacks: StackCounts, to sink: (RawSpan) throws -> Void) rethrows {
        try write(FlameInput(stacks), to: sink)
    }

    /// Writes the picture of what changed: widths are the second counts (or the first, as the options
    /// say), colours say what grew and what shrank.
    public func write(_ difference: StackDifference, to sink: (RawSpan) throws -> Void) rethrows {
        try write(FlameInput(difference), to: sink)
    }

    /// Writes either, as it was read.
    public func write(_ input: FlameInput, to sink: (RawSpan) throws -> Void) rethrows {
        guard let before = input.before else {
            let total = input.counts.total
            let layout = layout(input.stacks, total) { (input.counts[$0], .zero) }
            return try write(
                FlameDrawing(stacks: input.stacks, layout: layout, options: options, total: total), to: sink)
        }
        let (width, other) = options.widthsByFirst ? (before, input.counts) : (input.counts, before)
        let (total, otherTotal) = (width.total, other.total)
        let layout = layout(input.stacks, total) { (width[$0], other[$0]) }
        try write(
            FlameDrawing(
                stacks: input.stacks, layout: layout, options: options, total: total,
                changesOf: max(total, otherTotal)), to: sink)
    }

    private func layout(
        _ stacks: FrameStacks, _ total: StackCount,
        counts: (Int) -> (width: StackCount, other: StackCount)
    ) -> FlameLayout {
        let scale = scale(total)
        return FlameLayout(stacks, counts: counts) { $0.value * scale >= options.minWidth }
    }

    /// Pixels per count.
    private func scale(_ total: StackCount) -> Double {
        total > .zero ? Double(options.width - 2 * FlameDrawing.margin) / total.value : 0
    }

    private func write(_ drawing: FlameDrawing, to sink: (RawSpan) throws -> Void) rethrows {
        var text = XMLBytes()
        drawing.begin(&text)
        try drawing.forEachFrame(&text) { try $0.flushIfLong(to: sink) }
        drawing.end(&text)
        try text.flush(to: sink)
    }
}
