// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Different byte strings, each with the index it got when it came first: 0, 1,
/// 2 and so on. All stand one after another in one array; a table of slots with
/// open addressing finds them, so that no string costs an allocation.
struct ByteTable: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Where each key begins in `bytes`; it ends where the next begins.
    private var starts: [Int] = [0]
    /// Half of a hash and index + 1, or 0; a power of two of slots, at most half of them taken.
    private var slots: [UInt64] = Array(repeating: 0, count: 1024)

    var count: Int { starts.count - 1 }

    /// The index of a key, which is added if it is not there.
    @inline(__always)
    mutating func intern(_ key: UnsafeRawBufferPointer) -> (index: Int, isNew: Bool) {
        let half = ByteHash.of(key) >> 32
        let slot = slot(of: key, half)
        if slots[slot] != 0 { return (Self.index(in: slots[slot]), false) }
        return (add(key, half, slot), true)
    }

    /// The index of a key; `nil` if it was never added.
    @inline(__always)
    func index(of key: UnsafeRawBufferPointer) -> Int? {
        let slot = slots[slot(of: key, ByteHash.of(key) >> 32)]
        return slot == 0 ? nil : Self.index(in: slot)
    }

    /// Calls `body` with the bytes of the key with this index.
    @inline(__always)
    func withKey<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try bytes.withUnsafeBytes { bytes in
            // The slice checks the bounds; what it points to lives as long as `bytes` here.
            try body(UnsafeRawBufferPointer(rebasing: bytes[starts[index]..<starts[index + 1]]))
        }
    }

    /// Every index, in the order of the keys' bytes; a key comes before what it begins.
    func sortedIndices() -> [Int] {
        (0..<count).sorted { left, right in
            withKey(left) { left in withKey(right) { left.precedes($0) } }
        }
    }

    /// Keeps the memory, since as many keys will come again.
    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        starts.removeLast(count)
        for slot in slots.indices { slots[slot] = 0 }
    }

    private mutating func add(_ key: UnsafeRawBufferPointer, _ half: UInt64, _ slot: Int) -> Int {
        bytes.append(contentsOf: key)
        starts.append(bytes.count)
        precondition(count < Int(UInt32.max), "an index has 32 bits")
        slots[slot] = half << 32 | UInt64(count)
        if count * 2 > slots.count { grow() }
        return count - 1
    }

    @inline(__always)
    private static func index(in slot: UInt64) -> Int {
        Int(truncatingIfNeeded: slot & 0xffff_ffff) - 1
    }

    /// The slot where the key is, or the empty one where it belongs.
    @inline(__always)
    private func slot(of key: UnsafeRawBufferPointer, _ half: UInt64) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: half) & mask
        while slots[slot] != 0 {
            if slots[slot] >> 32 == half, withKey(Self.index(in: slots[slot]), { $0.equals(key) }) { break }
            slot = (slot + 1) & mask
        }
        return slot
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: 0, count: old.count * 2)
        let mask = slots.count - 1
        for taken in old where taken != 0 {
            var slot = Int(truncatingIfNeeded: taken >> 32) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = taken
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The same bytes; both pointers are valid for their counts, as every buffer pointer's is.
    @inline(__always)
    func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard count > 0, let left = baseAddress, let right = other.baseAddress else { return true }
        return memcmp(left, right, count) == 0
    }

    /// In the order of bytes; what is shorter comes first where it begins the other.
    func precedes(_ other: UnsafeRawBufferPointer) -> Bool {
        let common = Swift.min(count, other.count)
        guard common > 0, let left = baseAddress, let right = other.baseAddress else {
            return count < other.count
        }
        let order = memcmp(left, right, common)
        return order == 0 ? count < other.count : order < 0
    }
}
