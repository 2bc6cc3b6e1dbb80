// SPDX-License-Identifier: Apache-2.0
import CLibelf
import Glibc

/// An ELF file read through libelf, never mapped: one that shrinks meanwhile makes
/// a read fail and raises no signal. What cannot be a program or a library of this
/// machine is refused before libelf sees it, and so is what would take memory that
/// no real file takes.
struct ElfFile: ~Copyable {
    private let elf: OpaquePointer
    private let contents: Contents
    /// Where names may stay.
    private let source: SymbolFile?

    private enum Contents {
        case file(Int32)
        case image(UnsafeRawBufferPointer)
    }

    /// More than the names of the largest browser's functions.
    private static let largestSection = 256 << 20
    /// The largest browser's: 2.7 million symbols.
    private static let largestTable = 64 << 20
    /// Symbols are read so many bytes at a time.
    private static let block = 1 << 16

    /// `nil`: no ELF file, or one that is refused.
    init?(_ file: SymbolFile) {
        self.init(descriptor: file.descriptor, source: file)
    }

    /// Names that are found are taken into memory.
    ///
    /// - Parameter descriptor: must stay open as long as this is used.
    init?(descriptor: Int32) {
        self.init(descriptor: descriptor, source: nil)
    }

    private init?(descriptor: Int32, source: SymbolFile?) {
        var header = Elf64_Ehdr()
        let got = pread(descriptor, &header, MemoryLayout<Elf64_Ehdr>.size, 0)
        guard got == MemoryLayout<Elf64_Ehdr>.size, Self.isPlausible(&header),
            elf_version(UInt32(EV_CURRENT)) != UInt32(EV_NONE),
            let elf = elf_begin(descriptor, ELF_C_READ, nil)
        else { return nil }
        self.elf = elf
        contents = .file(descriptor)
        self.source = source
    }

    /// - Parameter image: a whole file in memory, which must last as long as this and
    ///   is not written to.
    init?(image: UnsafeMutableRawBufferPointer) {
        guard image.count >= MemoryLayout<Elf64_Ehdr>.size, let base = image.baseAddress else { return nil }
        var header = Elf64_Ehdr()
        memcpy(&header, base, MemoryLayout<Elf64_Ehdr>.size)
        guard Self.isPlausible(&header), elf_version(UInt32(EV_CURRENT)) != UInt32(EV_NONE),
            let elf = elf_memory(base.assumingMemoryBound(to: CChar.self), image.count)
        else { return nil }
        self.elf = elf
        contents = .image(UnsafeRawBufferPointer(image))
        source = nil
    }

    deinit {
        elf_end(elf)
    }

    /// Counts kept outside the header (more than 65,279 sections, 65,534 segments) are
    /// for object files; libelf would take memory for as many as the file claims.
    private static func isPlausible(_ header: inout Elf64_Ehdr) -> Bool {
        let ident = withUnsafeBytes(of: &header.e_ident) { Array($0) }
        guard ident.starts(with: [0x7f, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F")]),
            ident[Int(EI_DATA)] == UInt8(1.littleEndian == 1 ? ELFDATA2LSB : ELFDATA2MSB)
        else { return false }
        // Type and version stand at the same place in both classes.
        guard header.e_type == UInt16(ET_EXEC) || header.e_type == UInt16(ET_DYN) else { return false }
        switch Int32(ident[Int(EI_CLASS)]) {
        case ELFCLASS64:
            return header.e_phnum != UInt16(PN_XNUM) && (header.e_shnum != 0 || header.e_shoff == 0)
        case ELFCLASS32:
            return withUnsafeBytes(of: &header) { bytes in
                let small = bytes.loadUnaligned(as: Elf32_Ehdr.self)
                return small.e_phnum != UInt16(PN_XNUM) && (small.e_shnum != 0 || small.e_shoff == 0)
            }
        default: return false
        }
    }

    /// The segments that are loaded.
    func segments() -> [Segment] {
        var count = 0
        guard elf_getphdrnum(elf, &count) == 0 else { return [] }
        var segments: [Segment] = []
        for index in 0..<count {
            var header = GElf_Phdr()
            guard gelf_getphdr(elf, Int32(index), &header) != nil else { break }
            if header.p_type == UInt32(PT_LOAD) {
                segments.append(
                    Segment(
                        fileOffset: header.p_offset, fileSize: header.p_filesz, address: header.p_vaddr,
                        memorySize: header.p_memsz, isCode: header.p_flags & UInt32(PF_X) != 0))
            }
        }
        return segments
    }

    /// The sections' headers in order; the first stands for none.
    func sections() -> [ElfSection] {
        var sections = [ElfSection()]
        var next = elf_nextscn(elf, nil)
        while let handle = next {
            var header = GElf_Shdr()
            if gelf_getshdr(handle, &header) != nil {
                sections.append(ElfSection(handle: handle, header: header))
            } else {
                sections.append(ElfSection())
            }
            next = elf_nextscn(elf, handle)
        }
        return sections
    }

    /// Calls `body` with the section's contents, which stay in memory as long as this;
    /// `nil`: it has none, or too large ones.
    func withContents<R>(of section: ElfSection, _ body: (UnsafeRawBufferPointer) -> R) -> R? {
        guard Self.isReadable(section), let handle = section.handle,
            let data = elf_getdata(handle, nil), let bytes = data.pointee.d_buf
        else { return nil }
        return body(UnsafeRawBufferPointer(start: bytes, count: data.pointee.d_size))
    }

    /// The names in a section; `nil`: it has none, or too many.
    func strings(of section: ElfSection) -> StringTable? {
        guard Self.isReadable(section) else { return nil }
        if let source {
            return StringTable(
                in: source, offset: section.header.sh_offset, size: Int(section.header.sh_size))
        }
        return withContents(of: section) { StringTable(Array($0)) }
    }

    /// The symbols of a table, which is never in memory as a whole.
    func forEachSymbol(of table: ElfSection, _ body: (Elf64_Sym) -> Void) {
        guard Self.isReadable(table), table.header.sh_size <= UInt64(Self.largestTable) else { return }
        let size = gelf_fsize(elf, ELF_T_SYM, 1, UInt32(EV_CURRENT))
        let isSmall = size == MemoryLayout<Elf32_Sym>.size
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.block / size * size, alignment: 8)
        defer { block.deallocate() }
        var done = 0
        while done < Int(table.header.sh_size) {
            let wanted = min(block.count, Int(table.header.sh_size) - done)
            let got = read(
                into: .init(rebasing: block[..<wanted]), at: table.header.sh_offset &+ UInt64(done))
            for position in stride(from: 0, through: got - size, by: size) {
                body(
                    isSmall
                        ? Elf64_Sym(block.loadUnaligned(fromByteOffset: position, as: Elf32_Sym.self))
                        : block.loadUnaligned(fromByteOffset: position, as: Elf64_Sym.self))
            }
            guard got == wanted else { return }
            done += got
        }
    }

    private static func isReadable(_ section: ElfSection) -> Bool {
        section.handle != nil && section.header.sh_type != UInt32(SHT_NOBITS)
            && section.header.sh_flags & UInt64(SHF_COMPRESSED) == 0
            && section.header.sh_size <= UInt64(largestSection)
    }

    /// How much of the buffer the file fills.
    private func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) -> Int {
        switch contents {
        case .file(let descriptor): return readAll(descriptor, into: buffer, at: offset)
        case .image(let image):
            guard offset < UInt64(image.count) else { return 0 }
            let rest = image[Int(offset)...].prefix(buffer.count)
            buffer.copyBytes(from: rest)
            return rest.count
        }
    }

    /// Where the names of the sections are.
    var sectionNames: Int {
        var index = 0
        return elf_getshdrstrndx(elf, &index) == 0 ? index : 0
    }
}

/// Which part of a file goes to which addresses (before the loader moves all of them).
struct Segment: Hashable {
    var fileOffset: UInt64
    var fileSize: UInt64
    var address: UInt64
    var memorySize: UInt64
    var isCode: Bool

    /// The address of a place in the file; `nil`: elsewhere.
    func address(ofFileOffset offset: UInt64) -> UInt64? {
        guard offset >= fileOffset, offset - fileOffset < fileSize else { return nil }
        return address &+ (offset - fileOffset)
    }
}

struct ElfSection {
    /// `nil`: cannot be read.
    var handle: OpaquePointer?
    var header = GElf_Shdr()

    /// One past the last address; saturating.
    var end: UInt64 {
        let (end, overflow) = header.sh_addr.addingReportingOverflow(header.sh_size)
        return overflow ? .max : end
    }

    var isCode: Bool { header.sh_flags & UInt64(SHF_EXECINSTR) != 0 }
}

extension Elf64_Sym {
    /// One of a 32-bit file.
    init(_ small: Elf32_Sym) {
        self.init(
            st_name: small.st_name, st_info: small.st_info, st_other: small.st_other,
            st_shndx: small.st_shndx, st_value: UInt64(small.st_value), st_size: UInt64(small.st_size))
    }
}

extension UnsafeRawBufferPointer {
    /// The string that begins here, without its end; `nil`: it does not end within.
    func string(at offset: Int) -> UnsafeRawBufferPointer? {
        guard offset >= 0, offset < count, let base = baseAddress,
            let end = memchr(base + offset, 0, count - offset)
        else { return nil }
        return UnsafeRawBufferPointer(start: base + offset, count: UnsafeRawPointer(end) - (base + offset))
    }
}
