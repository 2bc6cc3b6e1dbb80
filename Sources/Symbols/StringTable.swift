// SPDX-License-Identifier: Apache-2.0
import Glibc
import Host

/// A file that stays open as long as somebody may ask for one of its names.
final class SymbolFile {
    let file: OpenFile

    init(_ file: consuming OpenFile) {
        self.file = file
    }

    var descriptor: Int32 { file.descriptor }
}

/// The names of a symbol table. They stay in the file: of all its functions few are asked for.
struct StringTable {
    private enum Place {
        case file(SymbolFile, offset: UInt64, size: Int)
        case memory([UInt8])
    }

    private var place: Place

    /// What is longer is cut off here.
    private static let longestName = 8192
    /// Most names are shorter.
    private static let usualLength = 128

    init(_ bytes: [UInt8]) {
        place = .memory(bytes)
    }

    init(in file: SymbolFile, offset: UInt64, size: Int) {
        place = .file(file, offset: offset, size: size)
    }

    /// Bytes.
    var size: Int {
        switch place {
        case .file(_, _, let size): size
        case .memory(let bytes): bytes.count
        }
    }

    /// Bytes that are not in a file.
    var sizeInMemory: Int {
        switch place {
        case .file: 0
        case .memory(let bytes): bytes.count
        }
    }

    /// Takes all names into memory, so that the file can be closed.
    mutating func letGoOfFile() {
        guard case .file = place else { return }
        place = .memory(bytes(at: 0, count: size))
    }

    /// Without the version of "memcpy@@GLIBC_2.14": what links need to know, but nobody else.
    /// `nil`: there is none, or an empty one, or its end is missing.
    func name(at offset: UInt32) -> [UInt8]? {
        for length in [Self.usualLength, Self.longestName] {
            let bytes = bytes(at: Int(offset), count: length)
            if let end = bytes.firstIndex(of: 0) { return Self.withoutVersion(bytes[..<end]) }
            if bytes.count < length { return nil }
            if length == Self.longestName { return Self.withoutVersion(bytes[...]) }
        }
        return nil
    }

    private static func withoutVersion(_ name: ArraySlice<UInt8>) -> [UInt8]? {
        guard !name.isEmpty else { return nil }
        let at = name.firstIndex(of: UInt8(ascii: "@")) ?? 0
        return Array(at > 0 ? name[..<at] : name)
    }

    /// Fewer at the end.
    private func bytes(at offset: Int, count: Int) -> [UInt8] {
        let count = max(0, min(count, size - offset))
        switch place {
        case .memory(let bytes): return Array(bytes.dropFirst(offset).prefix(count))
        case .file(let source, let start, _):
            return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                filled = readAll(
                    source.descriptor, into: UnsafeMutableRawBufferPointer(buffer),
                    at: start &+ UInt64(offset))
            }
        }
    }
}

/// Reads until the buffer is full or the file ends; how much.
func readAll(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) -> Int {
    var count = 0
    while count < buffer.count {
        guard let position = off_t(exactly: offset &+ UInt64(count)), let base = buffer.baseAddress else {
            break
        }
        let got = pread(descriptor, base + count, buffer.count - count, position)
        if got < 0, errno == EINTR { continue }
        if got <= 0 { break }
        count += got
    }
    return count
}
