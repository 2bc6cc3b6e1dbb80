// SPDX-License-Identifier: Apache-2.0

extension BTF {
    /// A member of a struct or union, found through anonymous ones too.
    public struct Field: Sendable, Hashable {
        /// From the start of the outermost struct.
        public let bitOffset: Int
        public let type: ValueType
    }

    /// The field at `path` ("skc_dport", "__sk_common.skc_family") of the struct
    /// or union `name`.
    public func field(_ path: String, of name: String) -> Field? {
        guard var id = typeID(name, [.structure, .union]) else { return nil }
        var bitOffset = 0
        var left = Self.mostMembers
        for part in path.split(separator: ".", omittingEmptySubsequences: false) {
            guard let member = member(String(part), of: id, depth: 0, &left) else { return nil }
            bitOffset += member.bitOffset
            id = resolved(member.id)
        }
        return Field(bitOffset: bitOffset, type: valueType(id))
    }

    public func structHasField(_ name: String, _ path: String) -> Bool {
        field(path, of: name) != nil
    }

    /// Bytes that a struct or union takes.
    public func structSize(_ name: String) -> Int? {
        typeID(name, [.structure, .union]).map { valueType($0).size }
    }

    /// That one look passes: each may be anonymous and hold others, and in damaged data all of them.
    private static let mostMembers = 1 << 13

    private func member(
        _ name: String, of id: UInt32, depth: Int, _ left: inout Int
    ) -> (id: UInt32, bitOffset: Int)? {
        // The bound is for damaged data, which might go in a circle.
        guard depth < 8, let (type, section) = type(id),
            type.kind == .structure || type.kind == .union
        else { return nil }
        let span = unsafe section.bytes.span.bytes
        for number in 0..<type.count {
            // Each a name, a type and an offset in bits, which in a struct with
            // bit fields has the width above it.
            let position = type.position + BTFType.headSize + number * 12
            left -= 1
            guard left > 0, let memberName = span.read(UInt32.self, at: position),
                let memberType = span.read(UInt32.self, at: position + 4),
                let packed = span.read(UInt32.self, at: position + 8)
            else { return nil }
            let bitOffset = Int(type.flag ? packed & 0xff_ffff : packed)
            if memberName == 0 {
                if let inner = member(name, of: resolved(memberType), depth: depth + 1, &left) {
                    return (inner.id, bitOffset + inner.bitOffset)
                }
            } else if string(memberName, is: name) {
                return (memberType, bitOffset)
            }
        }
        return nil
    }

    func string(_ offset: UInt32, is name: String) -> Bool {
        sections.first { offset < $0.endString }?.holds(name, at: offset) ?? false
    }
}
