// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Where an address of the kernel is.
public struct KernelPlace: Sendable, Hashable, CustomStringConvertible {
    public var symbol: String
    public var offset: UInt64
    /// `nil`: the kernel itself.
    public var module: String?

    public init(symbol: String, offset: UInt64, module: String? = nil) {
        self.symbol = symbol
        self.offset = offset
        self.module = module
    }

    /// "tcp_v4_rcv+0x8c", "nf_hook_slow+0x4 [nf_tables]"
    public var description: String {
        "\(symbol)+0x" + String(offset, radix: 16) + (module.map { " [\($0)]" } ?? "")
    }
}

extension KernelSymbols {
    /// The places of addresses. What is below every symbol, or hidden
    /// (`kernel.kptr_restrict`), is left out.
    ///
    /// Reads `/proc/kallsyms` once and keeps only the nearest symbol below each
    /// address: the whole of it would take tens of megabytes.
    public static func places(of addresses: Set<UInt64>) throws(HostError) -> [UInt64: KernelPlace] {
        var nearest = NearestSymbols(addresses)
        guard !addresses.isEmpty else { return [:] }
        try forEachLine { nearest.look(at: $0) }
        return nearest.places
    }

    /// - Parameter text: the lines of `/proc/kallsyms`.
    static func places(of addresses: Set<UInt64>, parsing text: String) -> [UInt64: KernelPlace] {
        NearestSymbols(addresses, parsing: text).places
    }
}

/// For each wanted address the highest symbol that is not above it, and where the next begins.
struct NearestSymbols {
    let addresses: [UInt64]
    private var starts: [UInt64]
    private var ends: [UInt64]
    private var lines: [String]

    init(_ wanted: Set<UInt64>) {
        addresses = wanted.sorted()
        starts = [UInt64](repeating: 0, count: addresses.count)
        ends = [UInt64](repeating: .max, count: addresses.count)
        lines = [String](repeating: "", count: addresses.count)
    }

    /// - Parameter text: the lines of `/proc/kallsyms`.
    init(_ wanted: Set<UInt64>, parsing text: String) {
        self.init(wanted)
        var text = text
        text.withUTF8 { bytes in
            _ = KernelSymbols.forEachLine(in: UnsafeRawBufferPointer(bytes)) { look(at: $0) }
        }
    }

    mutating func look(at line: UnsafeRawBufferPointer) {
        var start: UInt64 = 0
        var end = 0
        while end < line.count, let digit = Self.digit(line[end]) {
            start = start << 4 | digit
            end += 1
        }
        // Address, space, letter, space, name.
        guard start != 0, end + 3 < line.count, Self.isCode(line[end + 1]) else { return }
        // Only the lowest address at or above the symbol: those further up take it from there
        // if they have no nearer one. To tell each of them is quadratic in the addresses.
        let index = firstIndex(from: start)
        if index > 0 { ends[index - 1] = min(ends[index - 1], start) }
        if index < addresses.count, starts[index] < start {
            starts[index] = start
            lines[index] = String(decoding: line[(end + 3)...], as: UTF8.self)
        }
    }

    /// For each address where its nearest symbol was noted: there, or at one further down.
    private var nearest: [Int] {
        var nearest: [Int] = []
        for index in addresses.indices {
            if let below = nearest.last, starts[below] > starts[index] {
                nearest.append(below)
            } else {
                nearest.append(index)
            }
        }
        return nearest
    }

    /// No function is longer: what is further away belongs to another symbol.
    private static let longestFunction: UInt64 = 1 << 20

    private func firstIndex(from start: UInt64) -> Int {
        var low = 0
        var high = addresses.count
        while low < high {
            let middle = (low + high) / 2
            if addresses[middle] < start { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func isCode(_ letter: UInt8) -> Bool {
        [UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "w"), UInt8(ascii: "W")].contains(letter)
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        default: nil
        }
    }

    var places: [UInt64: KernelPlace] {
        var places: [UInt64: KernelPlace] = [:]
        for function in functions.reversed() {
            places[function.address] = function.place(of: function.address)
        }
        return places
    }

    /// Those of the addresses that have one, the highest address first.
    var functions: [KernelFunction] {
        var functions: [KernelFunction] = []
        var end = UInt64.max
        let nearest = nearest
        for index in addresses.indices.reversed() {
            // What no symbol separates from the next address ends where that one's does.
            end = min(end, ends[index])
            let start = starts[nearest[index]]
            guard start != 0, addresses[index] - start <= Self.longestFunction else { continue }
            let words = lines[nearest[index]].split(separator: "\t")
            guard let name = words.first else { continue }
            let module = words.count > 1 ? words[1].dropFirst().dropLast() : nil
            functions.append(
                KernelFunction(
                    address: addresses[index], start: start,
                    end: min(end, start &+ Self.longestFunction), symbol: String(name),
                    module: module.map(String.init)))
        }
        return functions
    }
}

extension KernelSymbols {
    /// Why addresses of the kernel have no names here.
    public static func obstacle() throws(HostError) -> String {
        let restriction = try Sysctl.integer("kernel.kptr_restrict")
        return restriction == 0
            ? "the kernel shows no addresses in /proc/kallsyms: run it as root"
            : "the kernel hides its addresses (kernel.kptr_restrict is \(restriction))"
    }
}
