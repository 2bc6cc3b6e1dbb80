// SPDX-License-Identifier: Apache-2.0

/// Writes BTF as the kernel's build does, to test the reader with.
struct BTFBuilder {
    private var types: [UInt8] = []
    private var strings: [UInt8]
    private var nextID: UInt32
    private let firstString: UInt32

    init() {
        strings = [0]
        nextID = 1
        firstString = 0
    }

    /// A module's types, which go on where `base`'s end.
    init(after base: BTFBuilder) {
        strings = [0]
        nextID = base.nextID
        firstString = base.firstString + UInt32(base.strings.count)
    }

    var bytes: [UInt8] {
        var header: [UInt8] = [0x9f, 0xeb, 1, 0]
        for word in [24, 0, UInt32(types.count), UInt32(types.count), UInt32(strings.count)] {
            header += Self.little(word)
        }
        return header + types + strings
    }

    mutating func int(_ name: String, size: UInt32, encoding: UInt32 = 0) -> UInt32 {
        add(1, name, 0, size, [encoding << 24 | size * 8])
    }

    mutating func pointer(to id: UInt32) -> UInt32 { add(2, "", 0, id) }

    mutating func array(of id: UInt32, count: UInt32) -> UInt32 {
        add(3, "", 0, 0, [id, id, count])
    }

    mutating func structure(
        _ name: String, size: UInt32, _ members: [(String, UInt32, UInt32)]
    ) -> UInt32 {
        let words = members.flatMap { [string($0.0), $0.1, $0.2] }
        return add(4, name, UInt32(members.count), size, words)
    }

    mutating func union(
        _ name: String, size: UInt32, _ members: [(String, UInt32, UInt32)]
    ) -> UInt32 {
        let words = members.flatMap { [string($0.0), $0.1, $0.2] }
        return add(5, name, UInt32(members.count), size, words)
    }

    mutating func enumeration(
        _ name: String, signed: Bool = false, _ values: [(String, UInt32)]
    ) -> UInt32 {
        let words = values.flatMap { [string($0.0), $0.1] }
        return add(6, name, UInt32(values.count), 4, words, flag: signed)
    }

    mutating func enumeration64(_ name: String, _ values: [(String, UInt64)]) -> UInt32 {
        let words = values.flatMap {
            [string($0.0), UInt32(truncatingIfNeeded: $0.1), UInt32($0.1 >> 32)]
        }
        return add(19, name, UInt32(values.count), 8, words)
    }

    mutating func typedef(_ name: String, _ id: UInt32) -> UInt32 { add(8, name, 0, id) }

    mutating func const(_ id: UInt32) -> UInt32 { add(10, "", 0, id) }

    mutating func function(_ name: String, returning id: UInt32, _ arguments: [UInt32]) -> UInt32 {
        let prototype = add(13, "", UInt32(arguments.count), id, arguments.flatMap { [0, $0] })
        return add(12, name, 0, prototype)
    }

    mutating func unknown() -> UInt32 { add(77, "", 0, 0) }

    private mutating func add(
        _ kind: UInt32, _ name: String, _ count: UInt32, _ sizeOrType: UInt32,
        _ tail: [UInt32] = [],
        flag: Bool = false
    ) -> UInt32 {
        let info = (flag ? 1 << 31 : 0) | kind << 24 | count
        for word in [string(name), info, sizeOrType] + tail { types += Self.little(word) }
        nextID += 1
        return nextID - 1
    }

    private mutating func string(_ text: String) -> UInt32 {
        if text.isEmpty { return 0 }
        let offset = firstString + UInt32(strings.count)
        strings += Array(text.utf8) + [0]
        return offset
    }

    private static func little(_ word: UInt32) -> [UInt8] {
        [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) }
    }
}
