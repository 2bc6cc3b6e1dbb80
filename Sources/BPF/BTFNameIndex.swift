// SPDX-License-Identifier: Apache-2.0

/// Type numbers by name, in one open-addressed table: a kernel has some 100,000
/// named types, too many for a dictionary of strings.
struct BTFNameIndex: Sendable {
    /// Type numbers, 0 where free. Types of one name follow each other in file order.
    private var slots: [UInt32]

    init(_ sections: [BTFSection]) {
        let count = sections.reduce(0) { $0 + $1.offsets.count }
        var capacity = 1024
        while capacity < count * 2 { capacity *= 2 }
        slots = [UInt32](repeating: 0, count: capacity)
        for section in sections {
            let span = unsafe section.bytes.span.bytes
            for (number, position) in section.offsets.enumerated() {
                let type = BTFType(span, at: Int(position))
                guard type.name != 0, let kind = type.kind, Self.isIndexed(kind),
                    let name = sections.first(where: { type.name < $0.endString })
                else { continue }
                insert(section.firstID + UInt32(number), Self.hash(name, type.name))
            }
        }
    }

    /// The first type called `name` that `accept` accepts.
    func find(
        _ name: String, _ sections: [BTFSection], where accept: (UInt32) -> Bool
    ) -> UInt32? {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: Self.hash(name)) & mask
        while slots[slot] != 0 {
            let id = slots[slot]
            if Self.isNamed(id, name, sections), accept(id) { return id }
            slot = (slot + 1) & mask
        }
        return nil
    }

    private mutating func insert(_ id: UInt32, _ hash: UInt32) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = id
    }

    private static func isIndexed(_ kind: BTFType.Kind) -> Bool {
        switch kind {
        case .function, .structure, .union, .enumeration, .enumeration64, .typedef, .variable: true
        default: false
        }
    }

    private static func isNamed(_ id: UInt32, _ name: String, _ sections: [BTFSection]) -> Bool {
        guard let section = sections.first(where: { id < $0.endID }) else { return false }
        let position = Int(section.offsets[Int(id - section.firstID)])
        let offset = unsafe BTFType(section.bytes.span.bytes, at: position).name
        guard let strings = sections.first(where: { offset < $0.endString }) else { return false }
        return strings.holds(name, at: offset)
    }

    // FNV-1a, of a name as it stands in the file and as Swift has it.

    private static func hash(_ section: BTFSection, _ offset: UInt32) -> UInt32 {
        var position = section.strings.lowerBound + Int(offset - section.firstString)
        var hash: UInt32 = 2_166_136_261
        // The last string's 0 ends the walk before the strings do.
        while section.bytes[position] != 0 {
            hash = (hash ^ UInt32(section.bytes[position])) &* 16_777_619
            position += 1
        }
        return hash
    }

    private static func hash(_ name: String) -> UInt32 {
        name.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
    }
}

extension BTFSection {
    /// Whether the string at `offset` is `name`.
    func holds(_ name: String, at offset: UInt32) -> Bool {
        guard offset >= firstString, offset < endString else { return false }
        var position = strings.lowerBound + Int(offset - firstString)
        for byte in name.utf8 {
            // The last string's 0 ends the walk before the strings do.
            guard bytes[position] == byte, byte != 0 else { return false }
            position += 1
        }
        return bytes[position] == 0
    }
}
