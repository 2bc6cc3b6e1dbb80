// SPDX-License-Identifier: Apache-2.0

extension BTF {
    /// What a value is, behind its typedefs.
    public struct ValueType: Sendable, Hashable {
        public enum Kind: Sendable, Hashable {
            case void, integer, boolean, pointer, array, structure, union, enumeration, float, other
        }

        public let kind: Kind
        /// In bytes; 0 for void.
        public let size: Int
        /// Of a struct, a union or an enumeration.
        public let name: String?
    }

    public struct Function: Sendable, Hashable {
        /// The number that trampolines attach by.
        public let id: UInt32
        public let arguments: [ValueType]
        public let returns: ValueType
    }

    /// The function's prototype; `nil` if the kernel has none to attach to.
    public func function(_ name: String) -> Function? {
        guard let id = typeID(name, [.function]), let function = type(id)?.type,
            let (prototype, section) = type(function.sizeOrType), prototype.kind == .prototype
        else { return nil }
        let span = unsafe section.bytes.span.bytes
        let arguments = (0..<prototype.count).map { argument in
            // Each a name and a type; the section's check saw that they are there.
            span.read(UInt32.self, at: prototype.position + BTFType.headSize + argument * 8 + 4)
                ?? 0
        }
        return Function(
            id: id, arguments: arguments.map(valueType), returns: valueType(prototype.sizeOrType))
    }

    public func hasFunction(_ name: String) -> Bool {
        typeID(name, [.function]) != nil
    }

    /// How many arguments a function takes.
    public func argumentCount(_ name: String) -> Int? {
        function(name)?.arguments.count
    }

    func valueType(_ id: UInt32) -> ValueType {
        let id = resolved(id)
        guard let (type, section) = type(id), let kind = type.kind else {
            return ValueType(kind: .void, size: 0, name: nil)
        }
        let name = type.name == 0 ? nil : string(type.name)
        let size = Int(type.sizeOrType)
        switch kind {
        case .int:
            // Encoding, above the bits: 1 signed, 2 char, 4 bool.
            let encoding =
                unsafe section.bytes.span.bytes.read(
                    UInt32.self, at: type.position + BTFType.headSize) ?? 0
            return ValueType(
                kind: encoding >> 24 & 4 != 0 ? .boolean : .integer, size: size, name: nil)
        case .pointer: return ValueType(kind: .pointer, size: 8, name: nil)
        case .array: return ValueType(kind: .array, size: arraySize(type, section), name: nil)
        case .structure: return ValueType(kind: .structure, size: size, name: name)
        case .union: return ValueType(kind: .union, size: size, name: name)
        case .enumeration, .enumeration64:
            return ValueType(kind: .enumeration, size: size, name: name)
        case .float: return ValueType(kind: .float, size: size, name: nil)
        default: return ValueType(kind: .other, size: 0, name: name)
        }
    }

    private func arraySize(_ type: BTFType, _ section: BTFSection, depth: Int = 0) -> Int {
        let span = unsafe section.bytes.span.bytes
        let tail = type.position + BTFType.headSize
        // The bound is for damaged data, which might go in a circle.
        guard depth < 16, let element = span.read(UInt32.self, at: tail).map(resolved),
            let count = span.read(UInt32.self, at: tail + 8)
        else { return 0 }
        let inner =
            if let (type, section) = self.type(element), type.kind == .array {
                arraySize(type, section, depth: depth + 1)
            } else {
                valueType(element).size
            }
        let (size, overflow) = inner.multipliedReportingOverflow(by: Int(count))
        return overflow ? 0 : size
    }
}
