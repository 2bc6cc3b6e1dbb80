// SPDX-License-Identifier: Apache-2.0
import CLibelf
import Glibc

/// Gathers the functions of one file from its symbol tables, its own and those of
/// its debug file.
struct SymbolCollector {
    private let base: UInt64
    private var symbols: [FunctionSymbol] = []
    private var strings: [StringTable] = []

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
            guard sections.indices.contains(link), sections[link].header.sh_type == UInt32(SHT_STRTAB),
                let names = file.strings(of: sections[link]),
                let index = UInt8(exactly: strings.count)
            else { continue }
            strings.append(names)
            file.forEachSymbol(of: table) { symbol in
                add(symbol, sections, names: names.size, index)
            }
        }
    }

    private mutating func add(_ symbol: Elf64_Sym, _ sections: [ElfSection], names: Int, _ index: UInt8) {
        let type = Int32(symbol.st_info & 0xf)
        guard type == STT_FUNC || type == STT_GNU_IFUNC,
            symbol.st_shndx != UInt16(SHN_UNDEF), sections.indices.contains(Int(symbol.st_shndx)),
            case let section = sections[Int(symbol.st_shndx)], section.isCode,
            symbol.st_value >= section.header.sh_addr, symbol.st_value < section.end,
            symbol.st_value >= base, symbol.st_value - base < UInt64(UInt32.max),
            symbol.st_name != 0, symbol.st_name < names
        else { return }
        let start = symbol.st_value - base
        let (sized, overflow) = start.addingReportingOverflow(symbol.st_size)
        let end = symbol.st_size == 0 || overflow ? section.end - base : min(sized, section.end - base)
        symbols.append(
            FunctionSymbol(
                start: UInt32(start), end: UInt32(clamping: end), nameOffset: symbol.st_name, strings: index,
                isLocal: symbol.st_info >> 4 == UInt8(STB_LOCAL), isUnsized: symbol.st_size == 0))
    }

    /// The functions found so far.
    consuming func table() -> SymbolTable {
        SymbolTable(base: base, symbols, strings)
    }
}
