// SPDX-License-Identifier: Apache-2.0
import Glibc
import Host

/// Functions that a just-in-time compiler made, by the file it writes for perf: lines
/// of `START SIZE NAME`, both numbers hexadecimal, more of them as time goes on
/// (tools/perf/Documentation/jit-interface.txt). Whoever runs the process writes it.
final class PerfMap {
    private struct Function {
        var start: UInt64
        var size: UInt64
        var nameOffset: UInt32
        var nameLength: UInt32
    }

    private let file: OpenFile
    /// How far it has been read.
    private var position = 0
    /// What there is of the line that is not whole yet.
    private var line: [UInt8] = []
    private var lines = 0
    private var functions: [Function] = []
    private var names: [UInt8] = []
    /// There is more than is read of such a file.
    private(set) var isCut = false

    /// Larger ones are read up to here.
    private static let largest = 64 << 20
    private static let mostLines = 1 << 20
    /// The rest of a line is left out: two numbers and a name.
    private static let longestLine = 48 + SymbolMessage.longestName
    private static let block = 1 << 16

    /// - Parameter file: kept open, so that it can be read when its writer is gone.
    init(_ file: consuming OpenFile) {
        self.file = file
    }

    /// Bytes that it takes.
    var size: Int { functions.count * MemoryLayout<Function>.stride + names.count }

    /// The name at an address, as the file has it.
    func name(at address: UInt64) -> ArraySlice<UInt8>? {
        var low = 0
        var high = functions.count
        while low < high {
            let middle = (low + high) / 2
            if functions[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        // A short function may have taken the place of a part of a longer one.
        for function in functions[max(0, low - 16)..<low].reversed()
        where address - function.start < function.size {
            let start = Int(function.nameOffset)
            return names[start..<(start + Int(function.nameLength))]
        }
        return nil
    }

    /// Takes what has been written since; whether there was anything.
    func readOn() -> Bool {
        guard let status = try? file.status("perf map") else { return false }
        // It is another one now, under the same name.
        if Int(status.st_size) < position { begin() }
        guard Int(status.st_size) > position, !isCut else { return false }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.block, alignment: 16)
        defer { buffer.deallocate() }
        while !isCut {
            let wanted = min(buffer.count, Self.largest - position)
            let got = readAll(
                file.descriptor, into: .init(rebasing: buffer[..<wanted]), at: UInt64(position))
            position += got
            take(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
            if position >= Self.largest { isCut = true }
            if got < wanted { break }
        }
        sort()
        return true
    }

    private func begin() {
        position = 0
        line = []
        lines = 0
        functions = []
        names = []
        isCut = false
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        var start = 0
        while start < bytes.count,
            let found = memchr(base + start, Int32(UInt8(ascii: "\n")), bytes.count - start)
        {
            let end = UnsafeRawPointer(found) - base
            append(bytes, start, end)
            add()
            lines += 1
            if lines == Self.mostLines {
                isCut = true
                return
            }
            start = end + 1
        }
        append(bytes, start, bytes.count)
    }

    private func append(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) {
        let end = min(end, start + Self.longestLine - line.count)
        if end > start { line.append(contentsOf: bytes[start..<end]) }
    }

    private func add() {
        guard !line.isEmpty else { return }
        add(line[...])
        line.removeAll(keepingCapacity: true)
    }

    private func add(_ line: ArraySlice<UInt8>) {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
        guard words.count == 3, let start = Self.number(words[0]), let size = Self.number(words[1]),
            size > 0
        else { return }
        let name = words[2].prefix(SymbolMessage.longestName)
        functions.append(
            Function(
                start: start, size: size, nameOffset: UInt32(names.count), nameLength: UInt32(name.count)))
        names += name
    }

    /// What came last at an address is what is there.
    private func sort() {
        let order = functions.indices.sorted {
            (functions[$0].start, $1) < (functions[$1].start, $0)
        }
        var sorted: [Function] = []
        sorted.reserveCapacity(order.count)
        for index in order where sorted.last?.start != functions[index].start {
            sorted.append(functions[index])
        }
        functions = sorted
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        let digits = digits.starts(with: "0x".utf8) ? digits.dropFirst(2) : digits
        guard (1...16).contains(digits.count) else { return nil }
        var value: UInt64 = 0
        for byte in digits {
            guard let digit = hexDigit(byte) else { return nil }
            value = value << 4 | digit
        }
        return value
    }
}
