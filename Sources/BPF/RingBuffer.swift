// SPDX-License-Identifier: Apache-2.0
import CLibbpf
import Glibc
public import Synchronization

/// The reader's side of a BPF ring buffer: the pages that the kernel shares.
///
/// They are read here and not by libbpf, so that what a caller does with a record becomes part
/// of one loop; libbpf's calls a C function for each, which would have to call a closure.
@safe
public struct RingBuffer: ~Copyable {
    private let file: FileDescriptor
    private let ours: MappedPages
    private let theirs: MappedPages

    // INVARIANT: these point into the pages above. Both positions only grow, and count bytes
    // since the map was made: their place in the ring is `position & mask`.
    /// Where the kernel may not write yet: the end of what was read.
    @usableFromInline let read: UnsafePointer<Atomic<UInt>>
    /// The end of what is written, or being written.
    @usableFromInline let written: UnsafePointer<Atomic<UInt>>
    /// The ring, twice in a row: no record is cut in two.
    @usableFromInline let records: UnsafeRawPointer
    @usableFromInline let mask: UInt

    public init(_ map: borrowing BPFMap) throws(BPFError) {
        let what = "open ring buffer \(map.name)"
        guard map.type == BPF_MAP_TYPE_RINGBUF.rawValue else {
            throw BPFError(.ring, what, detail: "it is a map of another type")
        }
        let page = try PageSize.bytes()
        let size = Int(map.maxEntries)
        let file = try map.file.duplicate()
        let ours = try MappedPages(of: file, at: 0, count: page, writable: true, what)
        let theirs = try MappedPages(
            of: file, at: page, count: page + 2 * size, writable: false, what)
        unsafe read = UnsafePointer(ours.start.assumingMemoryBound(to: Atomic<UInt>.self))
        unsafe written = UnsafePointer(theirs.start.assumingMemoryBound(to: Atomic<UInt>.self))
        unsafe records = UnsafeRawPointer(theirs.start + page)
        mask = UInt(size - 1)
        self.file = file
        self.ours = ours
        self.theirs = theirs
    }

    /// Readable when there are events. Belongs to the ring buffer.
    public var descriptor: Int32 { file.number }

    /// Hands the events that are there to `body`, `limit` at most: a busy
    /// producer must not keep the caller here. Returns their number. The bytes
    /// are the ring's own and are valid during the call of `body` only.
    @inlinable
    @discardableResult
    public mutating func consume<Failure: Error>(
        limit: Int = .max, _ body: (RawSpan) throws(Failure) -> Void
    ) throws(Failure) -> Int {
        var position = unsafe read.pointee.load(ordering: .relaxed)
        var end = position
        var left = limit
        while left > 0 {
            if position == end {
                // Other CPUs write it: looked at only when all up to there is read.
                end = unsafe written.pointee.load(ordering: .acquiring)
                if position == end { break }
            }
            let record = unsafe records + Int(bitPattern: position & mask)
            // SAFETY: a record begins with its length and flags, eight bytes with what the
            // kernel keeps there for itself; `length` bytes follow, which nobody writes to
            // until `read` is beyond them.
            let header = unsafe record.assumingMemoryBound(to: Atomic<UInt32>.self).pointee
                .load(ordering: .acquiring)
            if header & Self.isBusy != 0 { break }
            let length = Int(header & ~Self.isDiscarded)
            position &+= UInt(8 + length + 7) & ~7
            defer { unsafe read.pointee.store(position, ordering: .releasing) }
            if header & Self.isDiscarded != 0 { continue }
            left -= 1
            try body(unsafe UnsafeRawBufferPointer(start: record + 8, count: length).bytes)
        }
        return limit - left
    }

    /// A program has not finished the record: BPF_RINGBUF_BUSY_BIT.
    @inlinable static var isBusy: UInt32 { 1 << 31 }
    /// A program thought better of it: BPF_RINGBUF_DISCARD_BIT.
    @inlinable static var isDiscarded: UInt32 { 1 << 30 }
}
