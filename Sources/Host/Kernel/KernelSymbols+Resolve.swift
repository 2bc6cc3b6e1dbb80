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
        var nearest = NearestSymbols(addresses)
        var text = text
        text.withUTF8 { bytes in
            _ = forEachLine(in: UnsafeRawBufferPointer(bytes)) { nearest.look(at: $0) }
        }
        return nearest.places
    }
}

/// For each wanted address the highest symbol that is not above it.
private struct NearestSymbols {
    private let addresses: [UInt64]
    private var starts: [UInt64]
    private var names: [(symbol: String, module: String?)]

    init(_ wanted: Set<UInt64>) {
        addresses = wanted.sorted()
        starts = [UInt64](repeating: 0, count: addresses.count)
        names = [(String, String?)](repeating: ("", nil), count: addresses.count)
    }

    mutating func look(at line: UnsafeRawBufferPointer) {
        guard let function = FunctionLine(line) else { return }
        // Only the lowest address at or above the symbol: those further up take it from there
        // if they have no nearer one. To tell each of them is quadratic in the addresses.
        let index = firstIndex(from: function.start)
        guard index < addresses.count, starts[index] < function.start else { return }
        starts[index] = function.start
        let module = function.module.isEmpty ? nil : String(decoding: function.module, as: UTF8.self)
        names[index] = (String(decoding: function.name, as: UTF8.self), module)
    }

    private func firstIndex(from start: UInt64) -> Int {
        var low = 0
        var high = addresses.count
        while low < high {
            let middle = (low + high) / 2
            if addresses[middle] < start { low = middle + 1 } else { high = middle }
        }
        return low
    }

    var places: [UInt64: KernelPlace] {
        var places: [UInt64: KernelPlace] = [:]
        // Where the nearest symbol was noted: at the address, or at one further down.
        var nearest = 0
        for (index, address) in addresses.enumerated() {
            if starts[index] >= starts[nearest] { nearest = index }
            let start = starts[nearest]
            guard start != 0, address - start <= FunctionLine.longest else { continue }
            places[address] = KernelPlace(
                symbol: names[nearest].symbol, offset: address - start, module: names[nearest].module)
        }
        return places
    }
}

extension KernelSymbols {
    /// Why addresses of the kernel have no names here.
    public static func obstacle() throws(HostError) -> String {
        let restriction = try Sysctl.integer("kernel.kptr_restrict")
        return restriction == 0
            ? "the kernel shows no addresses in /proc/kallsyms: that takes CAP_SYSLOG"
            : "the kernel hides its addresses (kernel.kptr_restrict is \(restriction))"
    }
}
