// SPDX-License-Identifier: Apache-2.0
import CLibelf
import Glibc

/// Gathers the functions of one file from its symbol tables, its own and those of
/// its debug file.
struct SymbolCollector {
    /// One symbol; names are in `names`.
    private struct Candidate {
        var size: UInt64
        /// One past the last address of its section: how far an unsized one goes.
        var sectionEnd: UInt64
        var nameOffset: UInt32
        var nameLength: UInt32
        var isLocal: Bool
    }

    private let base: UInt64
    private var candidates: [Candidate] = []
    /// Start counted from base, and index: sorts in order of address, and of coming
    /// where the address is the same.
    private var keys: [UInt64] = []
    private var names: [UInt8] = []

    /// Names of one table may share their ends, so that their sum has no bound in the
    /// file's size. What comes after is left out.
    private static let mostNames = 512 << 20
    /// What is longer is cut off here.
    private static let longestName = 8192

    /// - Parameter base: no function is below.
    init(base: UInt64) {
        self.base = base
    }

    /// Adds what `.symtab` and `.dynsym` say. There is one of each; a file that has more
    /// of them only wants to be read for long.
    mutating func add(_ file: borrowing ElfFile) {
        let sections = file.sections()
        for type in [SHT_SYMTAB, SHT_DYNSYM] {
            guard let table = sections.first(where: { $0.header.sh_type == UInt32(type) }) else { continue }
            let link = Int(table.header.sh_link)
            guard sections.indices.contains(link), sections[link].header.sh_type == UInt32(SHT_STRTAB)
            else { continue }
            _ = file.withContents(of: table) { data, bytes in
                file.withContents(of: sections[link]) { _, strings in
                    let size = file.symbolSize
                    guard size > 0 else { return }
                    add(data, count: bytes.count / size, sections, strings)
                }
            }
        }
    }

    private mutating func add(
        _ data: UnsafeMutablePointer<Elf_Data>, count: Int, _ sections: [ElfSection],
        _ strings: UnsafeRawBufferPointer
    ) {
        candidates.reserveCapacity(candidates.count + count)
        keys.reserveCapacity(keys.count + count)
        for index in 0..<min(count, Int(Int32.max)) where names.count < Self.mostNames {
            var symbol = GElf_Sym()
            guard gelf_getsym(data, Int32(index), &symbol) != nil else { return }
            let type = Int32(symbol.st_info & 0xf)
            guard type == STT_FUNC || type == STT_GNU_IFUNC,
                symbol.st_shndx != UInt16(SHN_UNDEF), sections.indices.contains(Int(symbol.st_shndx)),
                case let section = sections[Int(symbol.st_shndx)], section.isCode,
                symbol.st_value >= section.header.sh_addr, symbol.st_value < section.end,
                symbol.st_value >= base, symbol.st_value - base < UInt64(UInt32.max),
                let name = strings.string(at: Int(symbol.st_name), upTo: Self.longestName), !name.isEmpty
            else { continue }
            let isLocal = symbol.st_info >> 4 == UInt8(STB_LOCAL)
            add(
                name, at: symbol.st_value,
                Candidate(
                    size: symbol.st_size, sectionEnd: section.end, nameOffset: 0, nameLength: 0,
                    isLocal: isLocal))
        }
    }

    private mutating func add(_ name: UnsafeRawBufferPointer, at address: UInt64, _ candidate: Candidate) {
        var candidate = candidate
        let length = Self.lengthWithoutVersion(name)
        candidate.nameOffset = UInt32(names.count)
        candidate.nameLength = UInt32(length)
        names += name[..<length]
        names.append(0)
        keys.append((address - base) << 32 | UInt64(candidates.count))
        candidates.append(candidate)
    }

    /// "memcpy@@GLIBC_2.14": what links need to know, but nobody else.
    private static func lengthWithoutVersion(_ name: UnsafeRawBufferPointer) -> Int {
        guard let base = name.baseAddress, let at = memchr(base, Int32(UInt8(ascii: "@")), name.count)
        else { return name.count }
        let length = UnsafeRawPointer(at) - base
        return length == 0 ? name.count : length
    }

    /// The functions found so far.
    consuming func table() -> SymbolTable {
        keys.sort()
        var ranges: [SymbolRange] = []
        var kept: [UInt8] = []
        ranges.reserveCapacity(keys.count)
        kept.reserveCapacity(names.count)
        var first = 0
        while first < keys.count {
            let start = UInt32(truncatingIfNeeded: keys[first] >> 32)
            var end = first + 1
            while end < keys.count, keys[end] >> 32 == UInt64(start) { end += 1 }
            let next = end < keys.count ? keys[end] >> 32 : UInt64(UInt32.max)
            let (best, size) = choose(first..<end, start: start, next: next)
            let name = UInt32(kept.count)
            kept += names[Int(best.nameOffset)...Int(best.nameOffset + best.nameLength)]
            ranges.append(SymbolRange(start: start, end: size, nameOffset: name))
            first = end
        }
        return SymbolTable(base: base, ranges, names: Array(kept))
    }

    /// One of several names for the same address, and where the function ends: as the
    /// longest of them says, else at the next function, at most where its section ends.
    private func choose(_ group: Range<Int>, start: UInt32, next: UInt64) -> (Candidate, UInt32) {
        var best = candidates[Int(UInt32(truncatingIfNeeded: keys[group.lowerBound]))]
        var size = best.size
        for index in group.dropFirst() {
            let other = candidates[Int(UInt32(truncatingIfNeeded: keys[index]))]
            size = max(size, other.size)
            if isBetter(other, than: best) { best = other }
        }
        let sectionEnd = min(best.sectionEnd - base, UInt64(UInt32.max))
        let end = size == 0 ? next : UInt64(start) + min(size, UInt64(UInt32.max))
        return (best, UInt32(max(min(end, sectionEnd), UInt64(start) + 1)))
    }

    /// Other files can call a global name, people write names without underscores, and
    /// the rest only makes the choice the same each time.
    private func isBetter(_ one: Candidate, than other: Candidate) -> Bool {
        if one.isLocal != other.isLocal { return !one.isLocal }
        let oneName = name(one)
        let otherName = name(other)
        let underscores = (oneName.underscores, otherName.underscores)
        if underscores.0 != underscores.1 { return underscores.0 < underscores.1 }
        if oneName.count != otherName.count { return oneName.count < otherName.count }
        return oneName.lexicographicallyPrecedes(otherName)
    }

    private func name(_ candidate: Candidate) -> ArraySlice<UInt8> {
        names[Int(candidate.nameOffset)..<Int(candidate.nameOffset + candidate.nameLength)]
    }
}

extension ArraySlice<UInt8> {
    fileprivate var underscores: Int { prefix { $0 == UInt8(ascii: "_") }.count }
}
