// SPDX-License-Identifier: Apache-2.0

/// One picture in the making: where things stand, and the frames.
struct FlameDrawing {
    /// Pixels left and right of the frames, and between other things.
    static let margin = 10
    /// Pixels of one line of text around the picture.
    static let line = 20

    let stacks: FrameStacks
    let layout: FlameLayout
    let options: FlameOptions
    /// What the full width is.
    let total: StackCount
    /// For a differential picture: what changes are compared with.
    let changesOf: StackCount?
    /// What is explained below the picture: the kinds that it has, if they have colours of their own.
    let legend: [FrameKind]
    private let names: DrawnNames
    /// What the counts count, escaped.
    private let countName: [UInt8]
    /// Hundredths of a pixel per count.
    private let scale: Double

    init(
        stacks: FrameStacks, layout: FlameLayout, options: FlameOptions, total: StackCount,
        changesOf: StackCount? = nil
    ) {
        self.stacks = stacks
        self.layout = layout
        self.options = options
        self.total = total
        self.changesOf = changesOf
        names = DrawnNames(stacks, of: layout.frames.dropFirst())
        var countName = XMLBytes()
        countName.put(escaped: options.countName)
        self.countName = Array(countName)
        let isExplained = changesOf == nil && options.colors == .default && total > .zero
        legend = isExplained ? FrameKind.allCases.filter(names.kinds.contains) : []
        scale = Double(options.width - 2 * Self.margin) * 100 / total.value
    }

    var isEmpty: Bool { total == .zero }
    var framesWidth: Int { options.width - 2 * Self.margin }
    /// Where the frames begin, and what is below them.
    var top: Int { 36 + (options.subtitle == nil ? 0 : Self.line) + (options.isInverted ? Self.line : 0) }
    var bottom: Int { top + (isEmpty ? 2 : layout.levels) * options.frameHeight }
    var height: Int {
        let lines = max(notes.count, legend.count > 1 ? 1 : 0) + (options.isInverted ? 0 : 1)
        return bottom + lines * Self.line + Self.margin
    }
    var fontSize: Int { min(12, options.frameHeight - 3) }
    /// From a frame's top to the line that its name stands on.
    var baseline: Int { (options.frameHeight - 1 + fontSize) / 2 - 1 }

    /// Writes every frame, and calls `pause` after each.
    func forEachFrame(
        _ text: inout XMLBytes, pause: (inout XMLBytes) throws -> Void
    ) rethrows {
        guard !isEmpty else { return }
        for frame in layout.frames {
            put(frame, to: &text)
            try pause(&text)
        }
    }

    private func put(_ frame: FlameLayout.Frame, to text: inout XMLBytes) {
        let isRoot = frame.depth == 0
        text.put(markup: "<g class=\"")
        putClass(frame, to: &text)
        text.put(markup: "\" data-x=\"")
        text.put(frame.start, grouped: false)
        text.put(markup: "\" data-w=\"")
        text.put(frame.width, grouped: false)
        text.put(markup: "\"><title>")
        if isRoot { text.put(markup: "all") } else { names.put(names[frame], to: &text) }
        putCounts(frame, to: &text)
        let left = Int(frame.start.value * scale + 0.5) + Self.margin * 100
        let width = Int((frame.start.value + frame.width.value) * scale + 0.5) + Self.margin * 100 - left
        let y = y(frame)
        text.put(markup: "</title><rect x=\"")
        text.put(hundredths: left)
        text.put(markup: "\" y=\"")
        text.put(y)
        text.put(markup: "\" width=\"")
        text.put(hundredths: width)
        text.put(markup: "\" height=\"")
        text.put(options.frameHeight - 1)
        text.put(markup: "\"/>")
        let label = FrameLabel(pixels: width / 100, fontSize: fontSize)
        if label.fitting >= FrameLabel.shortest {
            text.put(markup: "<text x=\"")
            text.put(hundredths: left + 300)
            text.put(markup: "\" y=\"")
            text.put(y + baseline)
            text.put(markup: "\">")
            if isRoot { text.put(markup: "all") } else { names.put(label, of: frame, to: &text) }
            text.put(markup: "</text>")
        }
        text.put(markup: "</g>\n")
    }

    private func y(_ frame: FlameLayout.Frame) -> Int {
        options.isInverted
            ? top + Int(frame.depth) * options.frameHeight
            : bottom - (Int(frame.depth) + 1) * options.frameHeight
    }

    private func putClass(_ frame: FlameLayout.Frame, to text: inout XMLBytes) {
        guard let changesOf else {
            let name = frame.depth == 0 ? FrameName.none : names[frame].name
            text.put(UInt8(ascii: name.kind.letter))
            text.put(name.shade)
            return
        }
        let (first, second) = order(frame)
        let shade = ChangeShade.shade(from: first, to: second, total: changesOf)
        text.put(ChangeShade.name(shade))
    }

    /// ` (12 samples, 3.40%)`, or ` (12 → 15 samples: +3, +1.20%)`.
    private func putCounts(_ frame: FlameLayout.Frame, to text: inout XMLBytes) {
        guard let changesOf else {
            text.put(markup: " (")
            text.put(frame.width, grouped: true)
            text.put(markup: " ")
            text.put(countName)
            text.put(markup: ", ")
            text.put(percent: frame.width.value, of: total.value)
            return text.put(markup: ")")
        }
        let (first, second) = order(frame)
        text.put(markup: " (")
        text.put(first, grouped: true)
        text.put(markup: " → ")
        text.put(second, grouped: true)
        text.put(markup: " ")
        text.put(countName)
        let sign: StaticString = first == second ? "±" : first < second ? "+" : "−"
        let change = first.distance(to: second)
        text.put(markup: ": ")
        text.put(markup: sign)
        text.put(change, grouped: true)
        text.put(markup: ", ")
        text.put(markup: sign)
        text.put(percent: change.value, of: changesOf.value)
        text.put(markup: ")")
    }

    private func order(_ frame: FlameLayout.Frame) -> (first: StackCount, second: StackCount) {
        options.widthsByFirst ? (frame.width, frame.other) : (frame.other, frame.width)
    }
}
