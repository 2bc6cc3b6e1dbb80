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

/// A name as the shared header has it: `WHY_COMM_LEN` bytes.
@usableFromInline typealias RawName = (
    CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar,
    CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar
)

extension CommandName {
    init(_ raw: RawName) {
        self.init(unsafeBitCast(raw, to: Words.self))
    }

    var raw: RawName { unsafeBitCast(self, to: RawName.self) }
}

extension Distribution {
    /// As the programs keep it: the sums, and an array of 32-bit buckets.
    init(_ count: UInt64, _ sum: UInt64, _ maximum: UInt64, _ buckets: some BitwiseCopyable) {
        let histogram = withUnsafeBytes(of: buckets) {
            LogLinearHistogram(buckets: $0.bindMemory(to: UInt32.self).span)
        }
        // Two CPUs may race for the maximum; the buckets are exact.
        let atLeast = histogram.highestBucket.map(LogLinearHistogram.lowerBound(ofBucket:)) ?? 0
        self.init(count: count, sum: sum, maximum: max(maximum, atLeast), histogram: histogram)
    }
}
