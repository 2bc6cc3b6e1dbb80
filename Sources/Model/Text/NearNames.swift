// SPDX-License-Identifier: Apache-2.0

/// Which names somebody may have meant who wrote another one.
public enum NearNames {
    /// The nearest first, at most `limit`: those that have it within, then by the number of
    /// letters to change. Empty if none is near.
    public static func of(_ text: String, among names: some Sequence<String>, limit: Int = 5) -> [String] {
        let wanted = Array(text.uppercased().utf8)
        guard !wanted.isEmpty else { return [] }
        var near: [(distance: Int, name: String)] = []
        for name in names {
            let bytes = Array(name.uppercased().utf8)
            let steps = distance(wanted, bytes)
            if contains(bytes, wanted) || contains(wanted, bytes) {
                near.append((0, name))
            } else if steps <= max(wanted.count / 3, 1) {
                near.append((steps, name))
            }
        }
        near.sort { ($0.distance, $0.name) < ($1.distance, $1.name) }
        return near.prefix(limit).map(\.name)
    }

    private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        // Shorter ones are in everything.
        guard part.count >= 3, part.count <= bytes.count else { return false }
        return (0...bytes.count - part.count).contains { bytes[$0..<$0 + part.count].elementsEqual(part) }
    }

    /// Letters to change, to add or to leave out (Levenshtein).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, other) in right.enumerated() {
                let changed = diagonal + (letter == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[right.count]
    }
}
