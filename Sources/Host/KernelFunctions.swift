// SPDX-License-Identifier: Apache-2.0

/// A function of the kernel that an address was found in.
struct KernelFunction {
    var address: UInt64
    var start: UInt64
    /// Where the next one begins.
    var end: UInt64
    var symbol: String
    /// `nil`: the kernel itself.
    var module: String?

    func place(of address: UInt64) -> KernelPlace {
        KernelPlace(symbol: symbol, offset: address - start, module: module)
    }
}

/// The places of addresses that are asked for again and again. `/proc/kallsyms`, which takes
/// some 50 ms to read, is read only for functions that were not met before.
public struct KernelFunctions {
    /// In order, none overlapping another.
    private var known: [KernelFunction] = []

    public init() {}

    /// As `KernelSymbols.places(of:)`.
    public mutating func places(of addresses: Set<UInt64>) throws(HostError) -> [UInt64: KernelPlace] {
        try places(of: addresses) { (missing) throws(HostError) in
            var nearest = NearestSymbols(missing)
            try KernelSymbols.forEachLine { nearest.look(at: $0) }
            return nearest
        }
    }

    /// - Parameter read: looks at every symbol for the nearest ones.
    mutating func places(
        of addresses: Set<UInt64>, read: (Set<UInt64>) throws(HostError) -> NearestSymbols
    ) throws(HostError) -> [UInt64: KernelPlace] {
        var places: [UInt64: KernelPlace] = [:]
        var missing: Set<UInt64> = []
        for address in addresses {
            if let function = function(at: address) {
                places[address] = function.place(of: address)
            } else {
                missing.insert(address)
            }
        }
        guard !missing.isEmpty else { return places }
        let nearest = try read(missing)
        places.merge(nearest.places) { $1 }
        remember(nearest.functions)
        return places
    }

    private mutating func remember(_ found: [KernelFunction]) {
        var last: UInt64?
        for function in found where function.start != last {
            last = function.start
            known.append(function)
        }
        known.sort { $0.start < $1.start }
    }

    private func function(at address: UInt64) -> KernelFunction? {
        var low = 0
        var high = known.count
        while low < high {
            let middle = (low + high) / 2
            if known[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0, address < known[low - 1].end else { return nil }
        return known[low - 1]
    }
}
