// SPDX-License-Identifier: Apache-2.0

extension BTF {
    /// The value of an enumerator, in a named enumeration or an anonymous one.
    public func enumValue(_ name: String) -> Int64? {
        for section in sections {
            let span = unsafe section.bytes.span.bytes
            for position in section.offsets {
                let type = BTFType(span, at: Int(position))
                guard type.isEnumeration else { continue }
                for number in 0..<type.count {
                    let offset = type.enumerator(number)
                    guard let text = span.read(UInt32.self, at: offset), string(text, is: name)
                    else { continue }
                    return type.value(span, at: offset)
                }
            }
        }
        return nil
    }

    /// The enumerators of every enumeration whose name is wanted.
    public func enumerators(of isWanted: (String) -> Bool) -> [(name: String, value: Int64)] {
        var found: [(String, Int64)] = []
        for section in sections {
            let span = unsafe section.bytes.span.bytes
            for position in section.offsets {
                let type = BTFType(span, at: Int(position))
                guard type.isEnumeration, type.name != 0, isWanted(string(type.name)) else { continue }
                found += enumerators(of: type, in: section)
            }
        }
        return found
    }

    private func enumerators(of type: BTFType, in section: BTFSection) -> [(name: String, value: Int64)] {
        let span = unsafe section.bytes.span.bytes
        return (0..<type.count).compactMap { number in
            let offset = type.enumerator(number)
            guard let text = span.read(UInt32.self, at: offset) else { return nil }
            return (string(text), type.value(span, at: offset))
        }
    }

    /// The enumerators of a named enumeration, in the kernel's order.
    public func enumeration(_ name: String) -> [(name: String, value: Int64)]? {
        guard let id = typeID(name, [.enumeration, .enumeration64]), let (type, section) = type(id)
        else { return nil }
        return enumerators(of: type, in: section)
    }
}

extension BTFType {
    fileprivate var isEnumeration: Bool { kind == .enumeration || kind == .enumeration64 }

    /// Where an enumerator begins: its name, then its value, low half first.
    fileprivate func enumerator(_ number: Int) -> Int {
        position + Self.headSize + number * (kind == .enumeration64 ? 12 : 8)
    }

    fileprivate func value(_ span: RawSpan, at offset: Int) -> Int64 {
        let low = span.read(UInt32.self, at: offset + 4) ?? 0
        if kind == .enumeration64 {
            let high = span.read(UInt32.self, at: offset + 8) ?? 0
            return Int64(bitPattern: UInt64(high) << 32 | UInt64(low))
        }
        return flag ? Int64(Int32(bitPattern: low)) : Int64(low)
    }
}
