// SPDX-License-Identifier: Apache-2.0
public import Model

/// The fields of a C struct, read one by one where they lie, aligned or not: copying the whole,
/// a large tuple in Swift, takes longer than reading it.
@usableFromInline
struct Fields<Record: BitwiseCopyable> {
    @usableFromInline let start: UnsafeRawPointer

    /// `nil` if the bytes are too few.
    @inlinable @inline(__always)
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, bytes.count >= MemoryLayout<Record>.size else { return nil }
        self.start = start
    }

    @inlinable @inline(__always)
    init(start: UnsafeRawPointer) {
        self.start = start
    }

    @inlinable @inline(__always)
    subscript<Value: BitwiseCopyable>(_ field: KeyPath<Record, Value>) -> Value {
        load(field, as: Value.self)
    }

    /// Of a struct in this one.
    @inlinable @inline(__always)
    func fields<Inner>(_ field: KeyPath<Record, Inner>) -> Fields<Inner> {
        Fields<Inner>(start: start + MemoryLayout<Record>.offset(of: field)!)
    }

    // 16 bytes each, read as words: as the tuples that C's arrays are in Swift, they would be
    // read byte by byte.

    @inlinable @inline(__always)
    func name(_ field: KeyPath<Record, RawName>) -> CommandName {
        CommandName(load(field, as: CommandName.Words.self))
    }

    @inlinable @inline(__always)
    func address(_ field: KeyPath<Record, RawAddress>, _ family: AddressFamily) -> IPAddress {
        IPAddress(family: family, words: load(field, as: IPAddress.Words.self))
    }

    @inlinable @inline(__always)
    func load<Field, Value: BitwiseCopyable>(_ field: KeyPath<Record, Field>, as type: Value.Type) -> Value {
        start.loadUnaligned(fromByteOffset: MemoryLayout<Record>.offset(of: field)!, as: type)
    }
}
