// SPDX-License-Identifier: Apache-2.0

/// Lines that could not be used: how many, and which was the first.
public struct SkippedLines: Equatable, Sendable {
    public private(set) var count = 0
    /// Counted from 1; `nil` while there is none.
    public private(set) var firstLine: Int?

    /// None.
    public init() {}

    /// One more; lines are told in their order.
    public mutating func add(line: Int) {
        count += 1
        firstLine = min(firstLine ?? line, line)
    }

    /// Those of another reader of the same text.
    public mutating func merge(_ other: SkippedLines) {
        count += other.count
        firstLine =
            switch (firstLine, other.firstLine) {
            case (let mine?, let theirs?): min(mine, theirs)
            case (let mine, let theirs): mine ?? theirs
            }
    }
}
