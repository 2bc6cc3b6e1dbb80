// SPDX-License-Identifier: Apache-2.0
import CLibelf
import Glibc
import Host

/// Finds the separate file with the symbols of a stripped one, where gdb looks for it
/// too: by build-id, then by `.gnu_debuglink`.
struct DebugFiles {
    private static let folder = Array("/usr/lib/debug".utf8)
    /// A checksum means reading all of it.
    private static let largestChecked: Int64 = 256 << 20

    /// The process's own root, if it lives, and the host's.
    private let roots: [Root]
    /// There was one too large for a checksum, which was not taken.
    private(set) var hasUnchecked = false

    init(roots: [Root]) {
        self.roots = roots
    }

    /// Adds the symbols of the debug file of `file` to `symbols`; whether there is one.
    ///
    /// - Parameter path: of `file`, absolute.
    mutating func add(
        to symbols: inout SymbolCollector, for file: borrowing ElfFile, at path: [UInt8]
    ) -> Bool {
        let id = file.buildID()
        let link = file.debugLink()
        for root in roots {
            if let id, let path = Self.path(forBuildID: id),
                Self.add(path, in: root, to: &symbols, where: { debug, _ in debug.buildID() == id })
            {
                return true
            }
            guard let link else { continue }
            for path in Self.paths(for: link, of: path) {
                let isAdded = Self.add(path, in: root, to: &symbols) { debug, file in
                    isRight(debug, file, id, link)
                }
                if isAdded { return true }
            }
        }
        return false
    }

    private static func add(
        _ path: [UInt8], in root: Root, to symbols: inout SymbolCollector,
        where isRight: (borrowing ElfFile, SymbolFile) -> Bool
    ) -> Bool {
        guard let opened = root.file(at: path)?.opened() else { return false }
        let file = SymbolFile(opened)
        guard let debug = ElfFile(file), isRight(debug, file) else { return false }
        symbols.add(debug)
        return true
    }

    /// The same build-id proves what a checksum does, and takes no reading of it all.
    private mutating func isRight(
        _ debug: borrowing ElfFile, _ file: SymbolFile, _ id: [UInt8]?, _ link: DebugLink
    ) -> Bool {
        let debugID = debug.buildID()
        if id != nil, debugID != nil { return id == debugID }
        guard let size = try? file.file.status("debug file").st_size else { return false }
        guard size <= Self.largestChecked else {
            hasUnchecked = true
            return false
        }
        return Self.checksum(of: file.file) == link.checksum
    }

    private static func path(forBuildID id: [UInt8]) -> [UInt8]? {
        guard id.count > 1 else { return nil }
        let digits = id.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        let rest = digits.dropFirst().joined()
        return folder + Array("/.build-id/\(digits[0])/\(rest).debug".utf8)
    }

    private static func paths(for link: DebugLink, of path: [UInt8]) -> [[UInt8]] {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return [] }
        let directory = path[...slash]
        return [
            directory + link.name, directory + Array(".debug/".utf8) + link.name,
            folder + directory + link.name,
        ].map { Array($0) }
    }

    /// CRC-32, as gdb and objcopy have it; `nil`: not readable.
    private static func checksum(of file: borrowing OpenFile) -> UInt32? {
        var sum = crc32(0, nil, 0)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { buffer.deallocate() }
        // One that grows meanwhile is another one.
        var rest = largestChecked + 1
        while rest > 0, let got = try? file.read(into: buffer, "debug file") {
            rest -= Int64(got)
            if got == 0 { return UInt32(truncatingIfNeeded: sum) }
            sum = crc32(sum, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(got))
        }
        return nil
    }
}
