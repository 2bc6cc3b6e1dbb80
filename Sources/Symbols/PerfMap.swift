// SPDX-License-Identifier: Apache-2.0
import Glibc
import Host

/// Functions that a just-in-time compiler made, by the file it writes for perf: lines
/// of `START SIZE NAME`, both numbers hexadecimal, more of them as time goes on
/// (tools/perf/Documentation/jit-interface.txt).
final class PerfMap {
    private struct Function {
        var start: UInt64
        var size: UInt64
        var nameOffset: UInt32
        var nameLength: UInt32
    }

    private let file: OpenFile
    /// How far whole lines have been read.
    private var position = 0
    private var functions: [Function] = []
    private var names: [UInt8] = []

    /// Larger ones are read up to here.
    private static let largest = 256 << 20

    /// - Parameter file: kept open, so that it can be read when its writer is gone.
    init(_ file: consuming OpenFile) {
        self.file = file
    }

    /// The name at an address, as the file has it.
    func name(at address: UInt64) -> ArraySlice<UInt8>? {
        find(address) ?? (readOn() ? find(address) : nil)
    }

    private func find(_ address: UInt64) -> ArraySlice<UInt8>? {
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
    private func readOn() -> Bool {
        guard let status = try? file.status("perf map") else { return false }
        // It is another one now, under the same name.
        if Int(status.st_size) < position {
            position = 0
            functions = []
            names = []
        }
        guard Int(status.st_size) > position, position < Self.largest,
            lseek(file.descriptor, off_t(position), SEEK_SET) >= 0,
            let bytes = try? file.readAllBytes("perf map", limit: Self.largest - position),
            let end = bytes.lastIndex(of: UInt8(ascii: "\n"))
        else { return false }
        position += end + 1
        for line in bytes[..<end].split(separator: UInt8(ascii: "\n")) { add(line) }
        sort()
        return true
    }

    private func add(_ line: ArraySlice<UInt8>) {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
        guard words.count == 3, let start = Self.number(words[0]), let size = Self.number(words[1]),
            size > 0
        else { return }
        functions.append(
            Function(
                start: start, size: size, nameOffset: UInt32(names.count),
                nameLength: UInt32(words[2].count)))
        names += words[2]
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
