// SPDX-License-Identifier: Apache-2.0
import Model

/// A table that fits any width: it narrows and then drops its least important
/// columns.
struct TextTable {
    struct Cell {
        let text: String
        var emphasis: TextStyle.Emphasis
        /// Characters at the end that stay when the text is cut.
        var ending: Int

        init(_ text: String, _ emphasis: TextStyle.Emphasis = .plain, ending: Int = 0) {
            self.text = Printable.text(text)
            self.emphasis = emphasis
            self.ending = ending
        }
    }

    struct Column {
        /// Heading over neighbours that share it; empty for none.
        var group = ""
        var title: String
        var isLeft = false
        /// The lowest goes first when space is short.
        var importance: Int
        /// Width to which it may be narrowed before another column goes. `nil`: not at all.
        var minimum: Int?
        /// Width to which it may be narrowed before an essential column goes.
        var floor: Int?
        /// Width that the group's name needs, in the column of it that goes last.
        var least = 0
        var cells: [Cell]

        var naturalWidth: Int {
            cells.reduce(max(DisplayWidth.of(title), least)) { max($0, DisplayWidth.of($1.text)) }
        }
    }

    var columns: [Column]

    /// Two heading lines if any column has a group, else one; then a line per row.
    func lines(_ style: TextStyle) -> [String] {
        let placed = place(in: style.width)
        guard let first = placed.first else { return [] }
        var lines: [String] = []
        if placed.contains(where: { $0.column.group != "" }) {
            lines.append(style.paint(groupHeading(placed), .heading))
        }
        lines.append(style.paint(line(placed.map { ($0, Cell($0.column.title)) }, .init()), .heading))
        for row in first.column.cells.indices {
            lines.append(line(placed.map { ($0, $0.column.cells[row]) }, style))
        }
        return lines
    }

    private struct Placed {
        var column: Column
        var width: Int

        func slack(to minimum: Int?) -> Int {
            guard let minimum else { return 0 }
            return max(width - max(minimum, DisplayWidth.of(column.title)), 0)
        }
    }

    private static let gap = 2

    /// From this importance on a column goes only if narrowing does not help.
    private static let essential = 90

    private func place(in limit: Int?) -> [Placed] {
        var placed = columns.map { Placed(column: $0, width: $0.naturalWidth) }
        guard let limit else { return placed }
        while true {
            let excess = Self.total(placed) - limit
            if excess <= 0 { return placed }
            if let narrowed = Self.narrow(placed, by: excess, to: \.minimum) { return narrowed }
            let least = placed.indices.min {
                placed[$0].column.importance < placed[$1].column.importance
            }
            guard placed.count > 1, let least else { break }
            if placed[least].column.importance >= Self.essential,
                let narrowed = Self.narrow(placed, by: excess, to: \.floor)
            {
                return narrowed
            }
            placed.remove(at: least)
        }
        return placed.map { Placed(column: $0.column, width: min($0.width, limit)) }
    }

    private static func total(_ placed: [Placed]) -> Int {
        placed.reduce(0) { $0 + $1.width } + gap * (placed.count - 1)
    }

    /// Takes from the widest that can give, one by one. `nil` if they cannot give enough.
    private static func narrow(
        _ placed: [Placed], by excess: Int, to limit: (Column) -> Int?
    ) -> [Placed]? {
        var placed = placed
        for _ in 0..<excess {
            let widest = placed.indices.filter { placed[$0].slack(to: limit(placed[$0].column)) > 0 }
                .max { placed[$0].width < placed[$1].width }
            guard let widest else { return nil }
            placed[widest].width -= 1
        }
        return placed
    }

    private func line(_ cells: [(Placed, Cell)], _ style: TextStyle) -> String {
        var line = ""
        var pending = 0
        for (place, cell) in cells {
            let text = DisplayWidth.truncated(cell.text, to: place.width, keeping: cell.ending)
            let padding = place.width - DisplayWidth.of(text)
            let before = pending + (place.column.isLeft ? 0 : padding)
            guard !text.isEmpty else {
                pending += place.width + Self.gap
                continue
            }
            line += String(repeating: " ", count: before) + style.paint(text, cell.emphasis)
            pending = (place.column.isLeft ? padding : 0) + Self.gap
        }
        return line
    }

    /// Each group's name centred over its columns, in dashes if there is room.
    private func groupHeading(_ placed: [Placed]) -> String {
        var line = ""
        var index = 0
        var position = 0
        while index < placed.count {
            let group = placed[index].column.group
            var end = index + 1
            while group != "", end < placed.count, placed[end].column.group == group { end += 1 }
            let width = Self.total(Array(placed[index..<end]))
            if group != "" {
                let name = DisplayWidth.truncated(group, to: width)
                let room = width - DisplayWidth.of(name)
                let left = room >= 4 ? room / 2 - 1 : 0
                let right = room >= 4 ? room - left - 2 : 0
                let text =
                    room >= 4
                    ? String(repeating: "─", count: left) + " " + name + " "
                        + String(repeating: "─", count: right)
                    : String(repeating: " ", count: room) + name
                line += String(repeating: " ", count: position - DisplayWidth.of(line)) + text
            }
            position += width + Self.gap
            index = end
        }
        return line
    }
}
