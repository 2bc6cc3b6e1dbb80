// SPDX-License-Identifier: Apache-2.0

/// Every function of the kernel, in the order of the addresses: some five megabytes, and no
/// allocation per function.
struct KernelTable {
    private struct Function {
        var start: UInt64
        /// Where in `text` the name stands, and behind it the module, if it has one.
        var name: UInt32
        var nameLength: UInt16
        var moduleLength: UInt16
    }

    private var functions: [Function] = []
    private var text: [UInt8] = []

    /// What an address is in.
    struct Found {
        var place: KernelPlace
        /// Whether nothing can have been loaded there since: around it is the kernel, or one module.
        var isLasting: Bool
    }

    /// As it is now.
    static func read() throws(HostError) -> KernelTable {
        var table = KernelTable()
        try KernelSymbols.forEachLine { table.add($0) }
        table.order()
        return table
    }

    private init() {}

    /// - Parameter text: the lines of `/proc/kallsyms`.
    init(parsing text: String) {
        var text = text
        text.withUTF8 { bytes in
            _ = KernelSymbols.forEachLine(in: UnsafeRawBufferPointer(bytes)) { add($0) }
        }
        order()
    }

    /// It has none if addresses are hidden.
    var isEmpty: Bool { functions.isEmpty }

    private mutating func add(_ line: UnsafeRawBufferPointer) {
        guard let function = FunctionLine(line), let name = UInt32(exactly: text.count),
            let nameLength = UInt16(exactly: function.name.count),
            let moduleLength = UInt16(exactly: function.module.count)
        else { return }
        functions.append(
            Function(
                start: function.start, name: name, nameLength: nameLength, moduleLength: moduleLength))
        text.append(contentsOf: function.name)
        text.append(contentsOf: function.module)
    }

    /// Modules are not in the order of their addresses. Of two names the first stays the first.
    private mutating func order() {
        functions.sort { ($0.start, $0.name) < ($1.start, $1.name) }
    }

    /// `nil`: in no function.
    func find(_ address: UInt64) -> Found? {
        let next = index(above: address)
        guard next > 0 else { return nil }
        let start = functions[next - 1].start
        guard address - start <= FunctionLine.longest else { return nil }
        let function = functions[index(above: start - 1)]
        let module = module(of: function)
        let end = Int(function.name) + Int(function.nameLength)
        let place = KernelPlace(
            symbol: String(decoding: text[Int(function.name)..<end], as: UTF8.self),
            offset: address - start, module: module.isEmpty ? nil : String(decoding: module, as: UTF8.self))
        // Programs come and go between one another.
        let isLasting =
            place.module != "bpf" && next < functions.count && self.module(of: functions[next]) == module
        return Found(place: place, isLasting: isLasting)
    }

    /// Of the first function that begins above an address.
    private func index(above address: UInt64) -> Int {
        var low = 0
        var high = functions.count
        while low < high {
            let middle = (low + high) / 2
            if functions[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func module(of function: Function) -> ArraySlice<UInt8> {
        let start = Int(function.name) + Int(function.nameLength)
        return text[start..<start + Int(function.moduleLength)]
    }
}

/// A line of `/proc/kallsyms` that is a function's, like
/// `ffffffffc0000000 t nf_conntrack_in\t[nf_conntrack]`.
struct FunctionLine {
    /// No function is longer: what is further away belongs to another symbol.
    static let longest: UInt64 = 1 << 20

    /// Never 0: hidden.
    let start: UInt64
    let name: UnsafeRawBufferPointer
    /// Empty: the kernel itself.
    let module: UnsafeRawBufferPointer

    init?(_ line: UnsafeRawBufferPointer) {
        var start: UInt64 = 0
        var end = 0
        while end < line.count, let digit = Self.digit(line[end]) {
            start = start << 4 | digit
            end += 1
        }
        // Address, space, letter, space, name.
        guard start != 0, end + 3 < line.count, Self.isCode(line[end + 1]) else { return nil }
        self.start = start
        let rest = UnsafeRawBufferPointer(rebasing: line[(end + 3)...])
        guard let tab = rest.firstIndex(of: UInt8(ascii: "\t")) else {
            (name, module) = (rest, UnsafeRawBufferPointer(rebasing: rest[rest.count...]))
            return
        }
        name = UnsafeRawBufferPointer(rebasing: rest[..<tab])
        // In brackets.
        module = UnsafeRawBufferPointer(rebasing: rest[(tab + 1)...].dropFirst().dropLast())
    }

    private static func isCode(_ letter: UInt8) -> Bool {
        switch letter {
        case UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "w"), UInt8(ascii: "W"): true
        default: false
        }
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        default: nil
        }
    }
}
