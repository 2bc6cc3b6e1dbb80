// SPDX-License-Identifier: Apache-2.0
import CLibelf
import Glibc

/// `.gnu_debuglink`: the name of the file that has the symbols, and its checksum.
struct DebugLink: Hashable {
    var name: [UInt8]
    var checksum: UInt32
}

extension ElfFile {
    private static let largestNote: UInt64 = 1 << 16

    /// The linker's fingerprint of the file (`.note.gnu.build-id`), which stripping
    /// keeps; `nil`: none.
    func buildID() -> [UInt8]? {
        let notes = sections().lazy.filter {
            $0.header.sh_type == UInt32(SHT_NOTE) && $0.header.sh_size <= Self.largestNote
        }
        // Real files have a handful.
        for section in notes.prefix(32) {
            let found = withContents(of: section) { bytes in Self.buildID(inNotes: bytes) }
            if let found, let id = found { return id }
        }
        return nil
    }

    /// Notes follow each other: lengths of name and contents, type, name, contents,
    /// each of them filled up to four bytes.
    private static func buildID(inNotes bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        var position = 0
        while position + 12 <= bytes.count {
            let nameLength = Int(bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
            let length = Int(bytes.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self))
            let type = bytes.loadUnaligned(fromByteOffset: position + 8, as: UInt32.self)
            let name = position + 12
            let contents = name + (nameLength + 3) & ~3
            guard contents + length <= bytes.count else { return nil }
            if type == UInt32(NT_GNU_BUILD_ID), bytes[name..<(name + nameLength)].elementsEqual("GNU\0".utf8),
                (2...64).contains(length)
            {
                return Array(bytes[contents..<(contents + length)])
            }
            position = contents + (length + 3) & ~3
        }
        return nil
    }

    func debugLink() -> DebugLink? {
        guard let section = section(named: ".gnu_debuglink") else { return nil }
        return withContents(of: section) { bytes in Self.debugLink(in: bytes) } ?? nil
    }

    /// `nil`: there is none.
    func section(named name: String) -> ElfSection? {
        let sections = sections()
        let names = sectionNames
        guard sections.indices.contains(names) else { return nil }
        return withContents(of: sections[names]) { strings in
            sections.first { section in
                section.handle != nil
                    && strings.string(at: Int(section.header.sh_name))?.elementsEqual(name.utf8) == true
            }
        } ?? nil
    }

    /// The name ends with 0 and is filled up to four bytes; the checksum follows.
    private static func debugLink(in bytes: UnsafeRawBufferPointer) -> DebugLink? {
        guard let name = bytes.string(at: 0), !name.isEmpty, !name.contains(UInt8(ascii: "/")) else {
            return nil
        }
        let position = (name.count + 4) & ~3
        guard position + 4 <= bytes.count else { return nil }
        return DebugLink(
            name: Array(name),
            checksum: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
    }
}
