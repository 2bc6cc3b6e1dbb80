// SPDX-License-Identifier: Apache-2.0

/// The head that every BTF type has.
struct BTFType {
    static let headSize = 12

    /// The kernel's `BTF_KIND_*`.
    enum Kind: UInt32 {
        case int = 1
        case pointer, array, structure, union, enumeration, forward, typedef, volatile
        case const, restrict, function, prototype, variable, section, float, declarationTag
        case typeTag, enumeration64

        /// Bytes that follow the head of a type with `count` parts.
        func tailSize(_ count: Int) -> Int {
            switch self {
            case .int, .variable, .declarationTag: 4
            case .array: 12
            case .structure, .union, .section, .enumeration64: 12 * count
            case .enumeration, .prototype: 8 * count
            default: 0
            }
        }

        /// Says something about another type without being one.
        var isModifier: Bool {
            switch self {
            case .typedef, .volatile, .const, .restrict, .typeTag: true
            default: false
            }
        }
    }

    /// Where the type begins in its section's bytes.
    let position: Int
    let name: UInt32
    private let info: UInt32
    /// In bytes, or the number of the type referred to, as the kind has it.
    let sizeOrType: UInt32

    /// - Parameter position: with `headSize` bytes behind it.
    init(_ span: RawSpan, at position: Int) {
        self.position = position
        name = span.read(at: position) ?? 0
        info = span.read(at: position + 4) ?? 0
        sizeOrType = span.read(at: position + 8) ?? 0
    }

    // Wider than the kernel's first layout; the bits in between were zero until they were used.
    var kindNumber: UInt32 { info >> 24 & 0x7f }
    var kind: Kind? { Kind(rawValue: kindNumber) }
    /// Members, enumerators or arguments.
    var count: Int { Int(info & 0xff_ffff) }
    /// Bit fields in a struct, signed values in an enumeration.
    var flag: Bool { info >> 31 != 0 }
}
