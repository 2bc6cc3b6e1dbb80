// SPDX-License-Identifier: Apache-2.0

/// Draws stacks as a flame graph: one SVG document that needs nothing else, to
/// look at in a browser, where its script zooms and searches.
public struct FlameGraph: Sendable {
    public var options: FlameOptions

    public init(_ options: FlameOptions = FlameOptions()) {
        self.options = options
    }

    /// Writes the picture of the stacks to `sink`, a piece at a time.
    public func write(_ stacks: StackCounts, to sink: ([UInt8]) throws -> Void) rethrows {
        let total = stacks.total
        let scale = scale(total)
        let layout = FlameLayout(stacks) {
            (stacks[$0], .zero)
        } isWide: {
            $0.value * scale >= options.minWidth
        }
        try write(FlameDrawing(stacks: stacks, layout: layout, options: options, total: total), to: sink)
    }

    /// Writes the picture of what changed: widths are the second counts (or the first, as the options
    /// say), colours say what grew and what shrank.
    public func write(_ difference: StackDifference, to sink: ([UInt8]) throws -> Void) rethrows {
        let totals = difference.totals
        let (width, other) =
            options.widthsByFirst
            ? (difference.first, difference.second) : (difference.second, difference.first)
        let total = options.widthsByFirst ? totals.first : totals.second
        let scale = scale(total)
        let layout = FlameLayout(difference.stacks) {
            (width[$0], other[$0])
        } isWide: {
            $0.value * scale >= options.minWidth
        }
        try write(
            FlameDrawing(
                stacks: difference.stacks, layout: layout, options: options, total: total,
                changesOf: max(totals.first, totals.second)), to: sink)
    }

    /// Writes either, as it was read.
    public func write(_ stacks: FlameInput, to sink: ([UInt8]) throws -> Void) rethrows {
        switch stacks {
        case .counts(let counts): try write(counts, to: sink)
        case .difference(let difference): try write(difference, to: sink)
        }
    }

    /// Pixels per count.
    private func scale(_ total: StackCount) -> Double {
        total > .zero ? Double(options.width - 2 * FlameDrawing.margin) / total.value : 0
    }

    private func write(_ drawing: FlameDrawing, to sink: ([UInt8]) throws -> Void) rethrows {
        var text = XMLBytes()
        drawing.begin(&text)
        try drawing.forEachFrame(&text) { text in
            guard text.bytes.count >= 1 << 16 else { return }
            try sink(text.bytes)
            text.removeAll()
        }
        drawing.end(&text)
        try sink(text.bytes)
    }
}
