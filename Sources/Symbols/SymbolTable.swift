// SPDX-License-Identifier: Apache-2.0

/// The functions of one file: their sorted addresses, and where their names are. Ranges do
/// not overlap; what no function covers is a range of its own, so that the nearest start
/// at or below an address decides.
struct SymbolTable {
    struct Function: Hashable {
        /// As in the file, mangled.
        var name: String
        var start: UInt64
    }

    /// What the addresses below are counted from.
    private let base: UInt64
    private var starts: [UInt32] = []
    /// The first symbol of the function that is there, or `noSymbol`.
    private var firsts: [UInt32] = []
    /// In order of address.
    private var symbols: [FunctionSymbol] = []
    private var strings: [StringTable] = []

    private static let noSymbol = UInt32.max
    /// Of one function. Compilers that merge equal ones make dozens.
    private static let mostNames = 1024

    /// No functions.
    init() {
        base = 0
    }

    /// - Parameter symbols: each refers to one of `strings`.
    init(base: UInt64, _ symbols: consuming [FunctionSymbol], _ strings: [StringTable]) {
        self.base = base
        symbols.sort { $0.start < $1.start }
        self.symbols = symbols
        self.strings = strings
        flatten()
    }

    /// The function that an address of the file is in.
    func function(at address: UInt64) -> Function? {
        guard address >= base, address - base < UInt64(UInt32.max),
            let index = lastIndex(notAbove: UInt32(address - base)), firsts[index] != Self.noSymbol,
            let name = bestName(from: Int(firsts[index]))
        else { return nil }
        return Function(
            name: String(decoding: name, as: UTF8.self),
            start: base + UInt64(symbols[Int(firsts[index])].start))
    }

    var isEmpty: Bool { starts.isEmpty }

    /// Bytes that it takes, without names that are in their file.
    var size: Int {
        (starts.count + firsts.count) * MemoryLayout<UInt32>.stride
            + symbols.count * MemoryLayout<FunctionSymbol>.stride
            + strings.reduce(0) { $0 + $1.sizeInMemory }
    }

    /// Bytes of its names that are in files.
    var sizeInFiles: Int { strings.reduce(0) { $0 + $1.size - $1.sizeInMemory } }

    /// Takes all names into memory, so that their files can be closed.
    mutating func letGoOfFiles() {
        for index in strings.indices { strings[index].letGoOfFile() }
    }

    private func lastIndex(notAbove address: UInt32) -> Int? {
        var low = 0
        var high = starts.count
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] <= address { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : low - 1
    }

    /// One of several names for the same address: other files can call a global one.
    private func bestName(from first: Int) -> [UInt8]? {
        let group = symbols[first...].prefix(Self.mostNames).prefix { $0.start == symbols[first].start }
        return bestName(of: group.filter { !$0.isLocal }) ?? bestName(of: group.filter(\.isLocal))
    }

    /// People write names without underscores, and the rest only makes the choice the same
    /// each time.
    private func bestName(of symbols: [FunctionSymbol]) -> [UInt8]? {
        symbols.compactMap { strings[Int($0.strings)].name(at: $0.nameOffset) }.min { one, other in
            let underscores = (one.underscores, other.underscores)
            if underscores.0 != underscores.1 { return underscores.0 < underscores.1 }
            if one.count != other.count { return one.count < other.count }
            return one.lexicographicallyPrecedes(other)
        }
    }

    /// A function of one or more symbols.
    private struct Open {
        var end: UInt32
        var first: UInt32
    }

    /// Where functions overlap, the one that began last has the address.
    private mutating func flatten() {
        var open: [Open] = []
        var first = 0
        while first < symbols.count {
            let start = symbols[first].start
            var next = first + 1
            while next < symbols.count, symbols[next].start == start { next += 1 }
            close(&open, upTo: start)
            append(start, UInt32(first))
            open.append(Open(end: end(of: first..<next), first: UInt32(first)))
            first = next
        }
        close(&open, upTo: .max)
    }

    /// Where a function ends: as the longest of its symbols says, else at the next function,
    /// at most where its section ends.
    private func end(of group: Range<Int>) -> UInt32 {
        let sized = symbols[group].lazy.filter { !$0.isUnsized }.map(\.end).max()
        let next = group.upperBound < symbols.count ? symbols[group.upperBound].start : .max
        let end = sized ?? min(symbols[group.lowerBound].end, next)
        return max(end, symbols[group.lowerBound].start + 1)
    }

    private mutating func close(_ open: inout [Open], upTo limit: UInt32) {
        while let last = open.last, last.end <= limit {
            open.removeLast()
            while let next = open.last, next.end <= last.end { open.removeLast() }
            append(last.end, open.last?.first ?? Self.noSymbol)
        }
    }

    private mutating func append(_ start: UInt32, _ first: UInt32) {
        if starts.last == start {
            starts.removeLast()
            firsts.removeLast()
        }
        starts.append(start)
        firsts.append(first)
    }
}

/// A function as a symbol table has it, its addresses counted from the table's base.
struct FunctionSymbol {
    var start: UInt32
    /// One past the last, within its section; of one without a size, its section's.
    var end: UInt32
    var nameOffset: UInt32
    /// Which of the string tables has its name.
    var strings: UInt8
    var isLocal: Bool
    var isUnsized: Bool
}

extension [UInt8] {
    fileprivate var underscores: Int { prefix { $0 == UInt8(ascii: "_") }.count }
}
