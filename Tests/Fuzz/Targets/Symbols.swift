// SPDX-License-Identifier: Apache-2.0
import Glibc
import Host
import Model

@testable import Symbols

extension FuzzTarget {
    static let elf = FuzzTarget("elf") { bytes in
        try ElfImage.check(bytes)
        ScratchFile.hold(bytes)
        guard let file = ElfFile(descriptor: ScratchFile.descriptor) else { return }
        try ElfImage.check(file)
    }

    static let maps = FuzzTarget("maps") { bytes in
        for line in MapsLine.code(in: bytes) {
            try holds(line.start < line.end, "a mapping has an end behind its start")
            try holds(line.isCode, "what is no code is left out")
            try holdsNoControls(line.name, "a mapping's name")
            try holds(!line.name.utf8.contains(UInt8(ascii: ";")), "a name is one frame")
        }
    }

    static let perfMap = FuzzTarget("perf-map") { bytes in
        ScratchFile.hold(bytes)
        guard let file = ScratchFile.again() else { return }
        let map = PerfMap(file)
        try holds(map.readOn() == !bytes.isEmpty, "what is there is read")
        try holds(!map.readOn(), "and read once")
        for address: UInt64 in [0, 1, 0x1000, 0x7f00_0000_0010, .max] {
            guard let name = map.name(at: address) else { continue }
            try check(name)
        }
        // What each line says is found, or what a later one says of the same place.
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let start = String(decoding: line.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
            if let address = UInt64(start, radix: 16), let name = map.name(at: address) { try check(name) }
        }
    }
}

extension FuzzTarget {
    private static func check(_ name: ArraySlice<UInt8>) throws {
        try holds(!name.contains(UInt8(ascii: "\n")), "a name is of one line")
        try holds(name.count <= SymbolMessage.longestName, "a name has a bound")
        try holdsNoControls(Printable.frame(name), "a name, as it is sent,")
    }
}

private enum ElfImage {
    static func check(_ bytes: [UInt8]) throws {
        let image = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 16)
        defer { image.deallocate() }
        image.copyBytes(from: bytes)
        guard let file = ElfFile(image: .init(rebasing: image[..<bytes.count])) else { return }
        try check(file)
    }

    static func check(_ file: borrowing ElfFile) throws {
        if let id = file.buildID() { try holds((2...64).contains(id.count), "a build-id has a length") }
        if let link = file.debugLink() {
            try holds(!link.name.isEmpty && !link.name.contains(UInt8(ascii: "/")), "a link is a name")
            try holds(!link.name.contains(0), "a name has no zero in it")
        }
        let segments = file.segments()
        var symbols = SymbolCollector(base: segments.codeStart ?? 0)
        symbols.add(file)
        MiniDebugInfo.add(to: &symbols, for: file)
        try check(symbols.table(), segments)
    }

    private static func check(_ table: SymbolTable, _ segments: [Segment]) throws {
        let starts = segments.prefix(16).map(\.address) + [0, .max]
        for start in starts {
            for offset: UInt64 in [0, 1, 16, 64, 256, 4096] {
                let address = start &+ offset
                guard let function = table.function(at: address) else { continue }
                try holds(function.start <= address, "a function begins at its addresses or before")
                try holds(!function.name.isEmpty, "a function has a name")
                let first = table.function(at: function.start)
                try holds(first?.start == function.start, "a function's start is in it")
            }
        }
    }
}

/// One file for all inputs: to make one takes longer than to read it.
private enum ScratchFile {
    static let descriptor = tmpfile().map { fileno($0) } ?? -1

    static func hold(_ bytes: [UInt8]) {
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, bytes, bytes.count, 0)
        _ = lseek(descriptor, 0, SEEK_SET)
    }

    static func again() -> OpenFile? {
        let copy = dup(descriptor)
        return copy < 0 ? nil : OpenFile(owning: copy)
    }
}
