// SPDX-License-Identifier: Apache-2.0

/// The bytes of one kernel BTF file (vmlinux or a module) and where each of its
/// types begins. Checked once, in `init`: what the offsets name lies inside.
struct BTFSection: Sendable {
    /// Number of the first type that this file defines; a module goes on after vmlinux.
    let firstID: UInt32
    /// Offset of the first string that this file holds, likewise.
    let firstString: UInt32
    /// Where in `bytes` each type begins.
    let offsets: [UInt32]
    let strings: Range<Int>
    let bytes: [UInt8]

    /// One past the last type number.
    var endID: UInt32 { firstID + UInt32(offsets.count) }
    var endString: UInt32 { firstString + UInt32(strings.count) }

    init(_ bytes: [UInt8], after base: BTFSection? = nil) throws(BTFFault) {
        let header = try Self.header(bytes)
        firstID = base?.endID ?? 1
        firstString = base?.endString ?? 0
        strings = header.strings
        offsets = try Self.offsets(bytes, header.types)
        self.bytes = bytes
        guard strings.isEmpty || bytes[strings.upperBound - 1] == 0 else {
            throw BTFFault.truncated
        }
    }

    private static func header(
        _ bytes: [UInt8]
    ) throws(BTFFault) -> (types: Range<Int>, strings: Range<Int>) {
        let span = unsafe bytes.span.bytes
        guard let magic = span.read(UInt16.self), let version = span.read(UInt8.self, at: 2),
            let length = span.read(UInt32.self, at: 4),
            let typeOffset = span.read(UInt32.self, at: 8),
            let typeLength = span.read(UInt32.self, at: 12),
            let stringOffset = span.read(UInt32.self, at: 16),
            let stringLength = span.read(UInt32.self, at: 20)
        else { throw .truncated }
        guard magic == 0xeb9f, version == 1 else { throw .foreign }
        func part(_ offset: UInt32, _ size: UInt32) throws(BTFFault) -> Range<Int> {
            let start = Int(length) + Int(offset)
            guard start + Int(size) <= bytes.count else { throw .truncated }
            return start..<start + Int(size)
        }
        return try (part(typeOffset, typeLength), part(stringOffset, stringLength))
    }

    private static func offsets(
        _ bytes: [UInt8], _ types: Range<Int>
    ) throws(BTFFault) -> [UInt32] {
        let span = unsafe bytes.span.bytes
        var offsets: [UInt32] = []
        // vmlinux has about 40 bytes per type.
        offsets.reserveCapacity(types.count / 32)
        var position = types.lowerBound
        while position < types.upperBound {
            guard position + BTFType.headSize <= types.upperBound else { throw .truncated }
            let type = BTFType(span, at: position)
            guard let kind = type.kind else { throw .unknownKind(type.kindNumber) }
            offsets.append(UInt32(position))
            position += BTFType.headSize + kind.tailSize(type.count)
        }
        guard position == types.upperBound else { throw .truncated }
        return offsets
    }
}

/// Why a BTF file cannot be read.
enum BTFFault: Error {
    case truncated, foreign
    case unknownKind(UInt32)

    var text: String {
        switch self {
        case .truncated: "it is cut short"
        case .foreign: "it is not BTF"
        case .unknownKind(let number): "it has a kind of type unknown here (\(number))"
        }
    }
}
