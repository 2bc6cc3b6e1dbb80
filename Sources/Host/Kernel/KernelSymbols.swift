// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Where some of the kernel's functions and variables are.
public struct KernelSymbols: Sendable, Hashable {
    /// How often each name that exists was found: static functions may share one.
    public private(set) var counts: [String: Int] = [:]
    private var addresses: [String: UInt64] = [:]
    private var modules: [String: String] = [:]

    /// The address, or `nil`: no such symbol, more than one, or hidden
    /// (`kernel.kptr_restrict`).
    public func address(of name: String) -> UInt64? {
        counts[name] == 1 ? addresses[name] : nil
    }

    /// The module that has the symbol; `nil`: the kernel itself, or there is none.
    public func module(of name: String) -> String? { modules[name] }

    public func contains(_ name: String) -> Bool {
        counts[name] != nil
    }

    /// Reads `/proc/kallsyms` once, keeping what was asked for.
    public init(of names: Set<String>) throws(HostError) {
        let scan = KernelSymbolScan(names)
        try Self.forEachLine { scan.examine($0) { self.add($0, $1, $2) } }
    }

    /// - Parameter text: the lines of `/proc/kallsyms`.
    public init(of names: Set<String>, parsing text: String) {
        let scan = KernelSymbolScan(names)
        var text = text
        text.withUTF8 { bytes in
            _ = Self.forEachLine(in: UnsafeRawBufferPointer(bytes)) {
                scan.examine($0) { self.add($0, $1, $2) }
            }
        }
    }

    /// The lines of `/proc/kallsyms`, without their ends.
    static func forEachLine(_ body: (UnsafeRawBufferPointer) -> Void) throws(HostError) {
        let path = "/proc/kallsyms"
        let file = try OpenFile(path)
        // The kernel gives a page at a time, whatever is asked for.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 16)
        defer { buffer.deallocate() }
        var kept = 0
        while true {
            let room = UnsafeMutableRawBufferPointer(rebasing: buffer[kept...])
            let got = try file.read(into: room, path)
            if got == 0 { break }
            let filled = UnsafeRawBufferPointer(rebasing: buffer[..<(kept + got)])
            let used = forEachLine(in: filled, body)
            kept = filled.count - used
            // A line that fills the buffer is none.
            if kept == buffer.count { kept = 0 }
            buffer.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: filled[used..<(used + kept)]))
        }
    }

    /// Returns how many bytes whole lines took.
    static func forEachLine(
        in bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
    ) -> Int {
        var start = 0
        while let end = position(of: "\n", in: bytes, from: start) {
            body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            start = end + 1
        }
        return start
    }

    private mutating func add(_ name: String, _ address: UInt64, _ module: String?) {
        counts[name, default: 0] += 1
        modules[name] = module
        if address != 0 { addresses[name] = address }
    }
}

/// Picks the wanted symbols out of lines like
/// `ffffffff81000000 T _text` and `ffffffffc0000000 t nf_conntrack_in\t[nf_conntrack]`.
private struct KernelSymbolScan {
    private let wanted: [(name: String, bytes: [UInt8])]
    /// Whether a wanted name has this length: nearly every line ends here.
    private var lengths = [Bool](repeating: false, count: 256)

    init(_ names: Set<String>) {
        wanted = names.map { ($0, Array($0.utf8)) }
        for (_, bytes) in wanted { lengths[min(bytes.count, 255)] = true }
    }

    func examine(_ line: UnsafeRawBufferPointer, _ found: (String, UInt64, String?) -> Void) {
        guard let base = line.baseAddress, let space = position(of: " ", in: line, from: 0) else {
            return
        }
        // Address, space, letter, space.
        let nameStart = space + 3
        guard nameStart < line.count else { return }
        let end = position(of: "\t", in: line, from: nameStart) ?? line.count
        let length = end - nameStart
        guard lengths[min(length, 255)] else { return }
        for (name, bytes) in wanted
        where bytes.count == length && memcmp(base + nameStart, bytes, length) == 0 {
            let digits = String(decoding: line[..<space], as: UTF8.self)
            let module = String(decoding: line[end...], as: UTF8.self).dropFirst(2).dropLast()
            if let address = UInt64(digits, radix: 16) {
                found(name, address, module.isEmpty ? nil : String(module))
            }
        }
    }
}

private func position(
    of character: Unicode.Scalar, in bytes: UnsafeRawBufferPointer, from start: Int
) -> Int? {
    guard let base = bytes.baseAddress,
        let found = memchr(base + start, Int32(character.value), bytes.count - start)
    else { return nil }
    return UnsafeRawPointer(found) - base
}
