// SPDX-License-Identifier: Apache-2.0

/// What is around the frames.
extension FlameDrawing {
    private var title: String {
        if let title = options.title { return title }
        let name = options.isInverted ? "Icicle Graph" : "Flame Graph"
        return changesOf == nil ? name : "Differential \(name)"
    }

    /// Up to the first frame.
    func begin(_ text: inout XMLBytes) {
        text.put(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" width="\(options.width)" height="\(height)" \
            viewBox="0 0 \(options.width) \(height)">
            <title>
            """)
        text.put(escaped: title)
        text.put("</title>\n<style>\n")
        text.put(PackageResources.flame_css)
        putColours(&text)
        text.put("</style>\n<rect id=\"ground\" width=\"100%\" height=\"100%\"/>\n")
        putText(&text, "title", x: options.width / 2, y: 24, title)
        if let subtitle = options.subtitle {
            putText(&text, "note middle", x: options.width / 2, y: 44, subtitle)
        }
        guard !isEmpty else {
            putText(
                &text, "middle", x: options.width / 2, y: bottom - options.frameHeight / 2, emptiness
            )
            return
        }
        putControls(&text)
        text.put(
            """
            <g id="frames" font-size="\(fontSize)" data-left="\(Self.margin)" data-width="\(framesWidth)" \
            data-baseline="\(baseline)" data-kind="
            """)
        text.put(escaped: options.nameType)
        text.put("\" data-count=\"")
        text.put(escaped: options.countName)
        text.put(options.isInverted ? "\" data-icicle=\"yes\">\n" : "\">\n")
    }

    /// From behind the last frame.
    func end(_ text: inout XMLBytes) {
        if !isEmpty { text.put("</g>\n") }
        var y = bottom + (options.isInverted ? 0 : Self.line) + 14
        putLegend(&text, y: y)
        for note in notes {
            putText(&text, "note", x: Self.margin, y: y, note)
            y += Self.line
        }
        if !isEmpty {
            text.put("<script><![CDATA[\n")
            text.put(PackageResources.flame_js)
            text.put("]]></script>\n")
        }
        text.put("</svg>\n")
    }

    /// Why there is nothing to see.
    private var emptiness: String {
        if let changesOf, changesOf > .zero {
            return "Only the \(options.widthsByFirst ? "second" : "first") has any \(options.countName): "
                + "nothing has a width."
        }
        return stacks.count == 0 ? "There were no stacks in the input." : "All counts are 0."
    }

    private func putControls(_ text: inout XMLBytes) {
        let right = options.width - Self.margin
        putText(&text, id: "reset", "button gone", x: Self.margin, y: 24, "Reset zoom")
        putText(&text, id: "search", "button end", x: right - 30, y: 24, "Search")
        putText(&text, id: "case", "button end", x: right, y: 24, "ic", hint: "Ignore case (Ctrl-I)")
        let details = options.isInverted ? top - 8 : bottom + 14
        putText(&text, id: "details", x: Self.margin, y: details, "")
        putText(&text, id: "matched", "end", x: right, y: details, "")
        text.put(
            """
            <foreignObject id="box" class="gone" x="\(right - 240)" y="8" width="210" height="22"/>

            """)
    }

    private func putText(
        _ text: inout XMLBytes, id: String? = nil, _ classes: String? = nil, x: Int, y: Int,
        _ content: String, hint: String? = nil
    ) {
        text.put("<text")
        if let id { text.put(" id=\"\(id)\"") }
        if let classes { text.put(" class=\"\(classes)\"") }
        if classes?.hasPrefix("button") == true { text.put(" role=\"button\"") }
        text.put(" x=\"\(x)\" y=\"\(y)\">")
        if let hint { text.put("<title>\(hint)</title>") }
        text.put(escaped: content)
        text.put("</text>\n")
    }

    private func putLegend(_ text: inout XMLBytes, y: Int) {
        guard legend.count > 1 else { return }
        text.put("<text class=\"note end\" x=\"\(options.width - Self.margin)\" y=\"\(y)\">")
        for kind in legend {
            text.put(
                "<tspan class=\"\(kind.letter)0\">\(kind == legend.first ? "" : "  ")■</tspan> \(kind.rawValue)"
            )
        }
        text.put("</text>\n")
    }

    /// What the picture does not show, in words, and what its colours mean.
    var notes: [String] {
        func grouped(_ count: StackCount) -> String {
            var text = XMLBytes()
            text.put(count, grouped: true)
            return text.withBytes { $0.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
        }
        func frames(_ count: Int) -> String {
            count == 1 ? "1 frame is" : "\(grouped(StackCount(UInt64(count)))) frames are"
        }

        guard !isEmpty else { return [] }
        var notes: [String] = []
        if changesOf != nil {
            notes.append(
                "Red grew, blue shrank; widths are those of the \(options.widthsByFirst ? "first" : "second")."
            )
        }
        if layout.hidden.frames > 0 {
            notes.append(
                "\(frames(layout.hidden.frames)) only in the \(options.widthsByFirst ? "second" : "first") "
                    + "(\(grouped(layout.hidden.count)) \(options.countName)): without width here.")
        }
        if layout.narrow > 0 {
            notes.append("\(frames(layout.narrow)) narrower than \(options.minWidth) px and not drawn.")
        }
        if layout.cut > 0 {
            notes.append(
                "\(layout.cut) stacks are deeper than \(FlameLayout.deepest) frames and cut off there.")
        }
        return notes
    }

    private func putColours(_ text: inout XMLBytes) {
        putColours(&text, isDark: false)
        text.put("@media (prefers-color-scheme:dark){\n")
        putColours(&text, isDark: true)
        text.put("}\n")
    }

    private func putColours(_ text: inout XMLBytes, isDark: Bool) {
        if changesOf != nil {
            for shade in -ChangeShade.strongest...ChangeShade.strongest {
                text.put(".\(ChangeShade.name(shade)){fill:\(ChangeShade.colour(shade, isDark: isDark))}\n")
            }
            return
        }
        for kind in FrameKind.allCases {
            let range = options.colors.range(kind)
            for shade in 0..<ColourRange.shades {
                text.put(".\(kind.letter)\(shade){fill:\(range.colour(shade, isDark: isDark))}\n")
            }
        }
    }
}
