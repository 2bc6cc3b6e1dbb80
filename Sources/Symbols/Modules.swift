// SPDX-License-Identifier: Apache-2.0
import CLibelf
import Glibc
import Host

/// Reads each program and library once, however many files hold the same one.
final class Modules {
    private struct Held {
        weak var module: Module?
    }

    private struct Key: Hashable {
        var buildID: [UInt8]
        var size: Int64
    }

    /// Held by the files that have them.
    private var known: [Key: Held] = [:]
    /// The kernel's page with code for every process: what is in this one is in each.
    private(set) lazy var vdso: Module = Self.readVdso()
    /// Bytes. That of a 32-bit process is another one, and of another size.
    private(set) lazy var vdsoSize: UInt64 = Self.vdsoLine().map { $0.end - $0.start } ?? 0

    /// - Parameters:
    ///   - path: where the file is, as its process sees it.
    ///   - roots: where to look for its debug file.
    func read(_ file: consuming OpenFile, path: [UInt8], roots: [String]) -> Module {
        let size = (try? file.status("program"))?.st_size ?? 0
        guard let elf = ElfFile(SymbolFile(file)) else { return Module() }
        let segments = elf.segments()
        guard let base = segments.codeStart else { return Module() }
        let key = elf.buildID().map { Key(buildID: $0, size: Int64(size)) }
        if let key, let module = known[key]?.module { return module }
        var symbols = SymbolCollector(base: base)
        symbols.add(elf)
        if !elf.sections().contains(where: { $0.header.sh_type == UInt32(SHT_SYMTAB) }) {
            let isFound = DebugFiles(roots: roots).add(to: &symbols, for: elf, at: path)
            if !isFound { MiniDebugInfo.add(to: &symbols, for: elf) }
        }
        let module = Module(functions: symbols.table(), segments: segments)
        if let key { known[key] = Held(module: module) }
        return module
    }

    /// Forgets those that no file has any more.
    func sweep() {
        known = known.filter { $0.value.module != nil }
    }

    var count: Int { known.count }

    private static func readVdso() -> Module {
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

    private static func vdsoLine() -> MapsLine? {
        let path = "/proc/self/maps"
        let start = UInt64(getauxval(UInt(AT_SYSINFO_EHDR)))
        let maps = (try? OpenFile(path).readAllBytes(path)) ?? []
        return MapsLine.code(in: maps).first { $0.start == start }
    }
}
