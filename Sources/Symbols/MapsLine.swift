// SPDX-License-Identifier: Apache-2.0
import Model

/// A line of `/proc/PID/maps`: `address-address perms offset device inode path`
/// (show_map_vma, fs/proc/task_mmu.c).
struct MapsLine: Hashable {
    var start: UInt64
    /// One past the last address.
    var end: UInt64
    var isCode: Bool
    var fileOffset: UInt64
    /// 0: no file.
    var inode: UInt64
    /// Newlines stand for themselves again; " (deleted)" is part of it. Empty: anonymous.
    var path: [UInt8]

    /// `nil`: not such a line.
    init?(_ line: ArraySlice<UInt8>) {
        var rest = line
        guard let start = takeNumber(&rest, radix: 16, until: "-"),
            let end = takeNumber(&rest, radix: 16, until: " "), start < end, rest.count > 5
        else { return nil }
        self.start = start
        self.end = end
        isCode = rest[rest.startIndex + 2] == UInt8(ascii: "x")
        rest = rest.dropFirst(5)
        guard let offset = takeNumber(&rest, radix: 16, until: " "),
            let colon = rest.firstIndex(of: UInt8(ascii: " "))
        else { return nil }
        fileOffset = offset
        rest = rest[(colon + 1)...]
        guard let inode = takeNumber(&rest, radix: 10, until: " ") else { return nil }
        self.inode = inode
        path = unescaped(rest.drop { $0 == UInt8(ascii: " ") })
    }

    /// The lines in which code may run, in order of address, as the kernel gives them.
    static func code(in maps: [UInt8]) -> [MapsLine] {
        maps.split(separator: UInt8(ascii: "\n")).filter(mayBeCode).compactMap { MapsLine($0) }
            .filter(\.isCode)
    }

    /// Most lines are of data, and processes have hundreds: these are not read any further.
    private static func mayBeCode(_ line: ArraySlice<UInt8>) -> Bool {
        guard let space = line.firstIndex(of: UInt8(ascii: " ")), line.endIndex - space > 3 else {
            return false
        }
        return line[space + 3] == UInt8(ascii: "x")
    }

    /// The last part of the path, as it is shown.
    var name: String {
        var path = path[...]
        let deleted = Array(" (deleted)".utf8)
        if path.count > deleted.count, path.suffix(deleted.count).elementsEqual(deleted) {
            path = path.dropLast(deleted.count)
        }
        // "//anon" of old kernels names no file.
        guard inode != 0 else {
            return path.isEmpty || path.first == UInt8(ascii: "/") ? "[anon]" : Printable.frame(path)
        }
        let last = path.split(separator: UInt8(ascii: "/")).last ?? path
        return Printable.frame(last)
    }
}

/// Takes a number and the character after it off the front; `nil`: there is none.
private func takeNumber(
    _ bytes: inout ArraySlice<UInt8>, radix: UInt64, until end: Unicode.Scalar
) -> UInt64? {
    var value: UInt64 = 0
    var digits = 0
    while let byte = bytes.popFirst() {
        if byte == UInt8(ascii: end) { return digits > 0 ? value : nil }
        guard let digit = hexDigit(byte), digit < radix, digits < 20 else { return nil }
        let (product, overflow) = value.multipliedReportingOverflow(by: radix)
        let (sum, carry) = product.addingReportingOverflow(digit)
        guard !overflow, !carry else { return nil }
        value = sum
        digits += 1
    }
    return nil
}

func hexDigit(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
}

/// The kernel writes a newline in a path as \012, and nothing else that way.
private func unescaped(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    let escape = Array("\\012".utf8)
    guard bytes.contains(escape[0]) else { return Array(bytes) }
    var result: [UInt8] = []
    var rest = bytes
    while let byte = rest.first {
        if rest.starts(with: escape) {
            result.append(UInt8(ascii: "\n"))
            rest = rest.dropFirst(escape.count)
        } else {
            result.append(byte)
            rest = rest.dropFirst()
        }
    }
    return result
}
