// SPDX-License-Identifier: Apache-2.0
import CLibelf
import Glibc
import Host

/// Reads programs and libraries.
enum Modules {
    /// - Parameters:
    ///   - path: where the file is, as its process sees it.
    ///   - roots: where to look for its debug file.
    static func read(_ file: consuming OpenFile, path: [UInt8], roots: [Root]) -> Module {
        guard let elf = ElfFile(SymbolFile(file)) else { return Module() }
        let segments = elf.segments()
        guard let base = segments.codeStart else { return Module() }
        var symbols = SymbolCollector(base: base)
        symbols.add(elf)
        var debugFiles = DebugFiles(roots: roots)
        if !elf.sections().contains(where: { $0.header.sh_type == UInt32(SHT_SYMTAB) }) {
            let isFound = debugFiles.add(to: &symbols, for: elf, at: path)
            if !isFound { MiniDebugInfo.add(to: &symbols, for: elf) }
        }
        let module = Module(functions: symbols.table(), segments: segments)
        module.hasUncheckedDebugFile = debugFiles.hasUnchecked
        return module
    }

    /// The kernel's page with code for every process: what is in this one is in each.
    static func readVdso() -> Module {
        guard let line = vdsoLine(), let image = UnsafeRawPointer(bitPattern: UInt(line.start)) else {
            return Module()
        }
        // A copy: libelf gets memory that it might write to.
        let copy = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Int(line.end - line.start), alignment: 4096)
        defer { copy.deallocate() }
        copy.copyMemory(from: UnsafeRawBufferPointer(start: image, count: copy.count))
        guard let elf = ElfFile(image: copy) else { return Module() }
        let segments = elf.segments()
        guard let base = segments.codeStart else { return Module() }
        var symbols = SymbolCollector(base: base)
        symbols.add(elf)
        return Module(functions: symbols.table(), segments: segments)
    }

    /// Bytes. That of a 32-bit process is another one, and of another size.
    static func vdsoSize() -> UInt64 { vdsoLine().map { $0.end - $0.start } ?? 0 }

    private static func vdsoLine() -> MapsLine? {
        let path = "/proc/self/maps"
        let start = UInt64(getauxval(UInt(AT_SYSINFO_EHDR)))
        let maps = (try? OpenFile(path).readAllBytes(path)) ?? []
        return MapsLine.code(in: maps).first { $0.start == start }
    }
}
