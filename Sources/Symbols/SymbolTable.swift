// SPDX-License-Identifier: Apache-2.0

/// The functions of one file: sorted addresses and one piece of memory with all the
/// names. Ranges do not overlap; what no function covers is a range of its own, so
/// that the nearest start at or below an address decides.
struct SymbolTable {
    struct Function: Hashable {
        /// As in the file, mangled.
        var name: String
        var start: UInt64
    }

    /// What the addresses below are counted from.
    private let base: UInt64
    private var starts: [UInt32] = []
    /// How far into its function a range begins: 0 but after one nested in it.
    private var skipped: [UInt32] = []
    /// Where the name begins, or `noName`.
    private var nameOffsets: [UInt32] = []
    /// Each ends with 0.
    private var names: [UInt8]

    private static let noName = UInt32.max

    /// No functions.
    init() {
        base = 0
        names = []
    }

    /// - Parameter candidates: in order of address.
    init(base: UInt64, _ candidates: [SymbolRange], names: [UInt8]) {
        self.base = base
        self.names = names
        starts.reserveCapacity(candidates.count * 2)
        skipped.reserveCapacity(candidates.count * 2)
        nameOffsets.reserveCapacity(candidates.count * 2)
        flatten(candidates)
        starts = Array(starts)
        skipped = Array(skipped)
        nameOffsets = Array(nameOffsets)
    }

    /// The function that an address of the file is in.
    func function(at address: UInt64) -> Function? {
        guard address >= base, address - base < UInt64(UInt32.max),
            let index = lastIndex(notAbove: UInt32(address - base)), nameOffsets[index] != Self.noName
        else { return nil }
        let name = names[Int(nameOffsets[index])...].prefix { $0 != 0 }
        return Function(
            name: String(decoding: name, as: UTF8.self),
            start: base + UInt64(starts[index]) - UInt64(skipped[index]))
    }

    var isEmpty: Bool { starts.isEmpty }

    /// Bytes.
    var memory: Int { starts.count * 12 + names.count }

    private func lastIndex(notAbove address: UInt32) -> Int? {
        var low = 0
        var high = starts.count
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] <= address { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : low - 1
    }

    /// Where functions overlap, the one that began last has the address.
    private mutating func flatten(_ candidates: [SymbolRange]) {
        var open: [SymbolRange] = []
        for candidate in candidates {
            close(&open, upTo: candidate.start)
            append(candidate.start, candidate)
            open.append(candidate)
        }
        close(&open, upTo: .max)
    }

    private mutating func close(_ open: inout [SymbolRange], upTo limit: UInt32) {
        while let last = open.last, last.end <= limit {
            open.removeLast()
            while let next = open.last, next.end <= last.end { open.removeLast() }
            append(last.end, open.last)
        }
    }

    private mutating func append(_ start: UInt32, _ range: SymbolRange?) {
        if starts.last == start {
            starts.removeLast()
            skipped.removeLast()
            nameOffsets.removeLast()
        }
        starts.append(start)
        skipped.append(range.map { start - $0.start } ?? 0)
        nameOffsets.append(range?.nameOffset ?? Self.noName)
    }
}

/// A function that a table is made of, its addresses counted from the table's base.
struct SymbolRange {
    var start: UInt32
    /// One past the last; above `start`.
    var end: UInt32
    var nameOffset: UInt32
}
