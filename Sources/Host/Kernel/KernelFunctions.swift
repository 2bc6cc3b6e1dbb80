// SPDX-License-Identifier: Apache-2.0

/// The places of addresses that are asked for again and again. `/proc/kallsyms` takes some 50 ms
/// to read: it is read once, and anew only for what may have been loaded since.
public struct KernelFunctions {
    private var table: KernelTable?

    public init() {}

    /// Reads the table ahead of the first question.
    public mutating func read() throws(HostError) {
        table = try KernelTable.read()
    }

    /// As `KernelSymbols.places(of:)`.
    public mutating func places(of addresses: Set<UInt64>) throws(HostError) -> [UInt64: KernelPlace] {
        try places(of: addresses, read: KernelTable.read)
    }

    /// - Parameter read: the table as it is now.
    mutating func places(
        of addresses: Set<UInt64>, read: () throws(HostError) -> KernelTable
    ) throws(HostError) -> [UInt64: KernelPlace] {
        guard !addresses.isEmpty else { return [:] }
        if let table {
            let found = addresses.compactMap { address in table.find(address).map { (address, $0) } }
            // Where addresses are hidden they stay so.
            if table.isEmpty || (found.count == addresses.count && found.allSatisfy { $1.isLasting }) {
                return Dictionary(uniqueKeysWithValues: found.map { ($0, $1.place) })
            }
        }
        let now = try read()
        table = now
        var places: [UInt64: KernelPlace] = [:]
        for address in addresses { places[address] = now.find(address)?.place }
        return places
    }
}
