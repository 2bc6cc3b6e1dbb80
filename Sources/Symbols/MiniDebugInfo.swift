// SPDX-License-Identifier: Apache-2.0
import CLibelf

/// `.gnu_debugdata`: a whole ELF file within a stripped one, compressed by xz, with the
/// functions that `.dynsym` lacks. Fedora's and Red Hat's programs and libraries have it.
enum MiniDebugInfo {
    /// Real ones take a few megabytes at most.
    private static let largest = 64 << 20
    /// What unpacking may take besides: xz's own default needs 9 MB, its largest preset this.
    private static let mostMemory: UInt64 = 66 << 20

    /// Adds its symbols to `symbols`, if there is one that can be read.
    static func add(to symbols: inout SymbolCollector, for file: borrowing ElfFile) {
        guard let section = file.section(named: ".gnu_debugdata"), section.header.sh_size <= largest else {
            return
        }
        // Memory that nothing is written to costs nothing.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: largest, alignment: 4096)
        defer { buffer.deallocate() }
        let size = file.withContents(of: section) { unpack($0, into: buffer) }
        guard let size, let size else { return }
        guard let unpacked = ElfFile(image: UnsafeMutableRawBufferPointer(rebasing: buffer[..<size])) else {
            return
        }
        symbols.add(unpacked)
    }

    /// Bytes; `nil`: damaged, or too large.
    private static func unpack(
        _ packed: UnsafeRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer
    ) -> Int? {
        var memory = mostMemory
        var read = 0
        var written = 0
        let result = lzma_stream_buffer_decode(
            &memory, 0, nil, packed.baseAddress?.assumingMemoryBound(to: UInt8.self), &read, packed.count,
            buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), &written, buffer.count)
        return result == LZMA_OK ? written : nil
    }
}
