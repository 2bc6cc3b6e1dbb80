// SPDX-License-Identifier: Apache-2.0
import CLibbpf
import Glibc

extension BPFMap {
    /// Most bytes that one batch may take, unless a single hash bucket needs more.
    static let batchBytes = 1 << 20
    static let batchEntries = 256
    /// Of the first batch, which on a quiet machine has everything: clearing a megabyte for it takes
    /// longer than all else in a look. Each that follows takes four times as much.
    static let firstBatchBytes = 1 << 14

    /// Hands over every key with its value (in a per-CPU map: all its values, at
    /// `valueStride`). The spans are valid during the call only; nothing is
    /// copied per entry, and memory does not grow with the map.
    ///
    /// A hash map that changes meanwhile is read bucket by bucket: an entry that
    /// was there all the time comes exactly once.
    public func forEach(_ body: (_ key: RawSpan, _ value: RawSpan) -> Void) throws(BPFError) {
        if try !forEachBatch(entries: Self.batchEntries, body) { try forEachKey(body) }
    }

    /// By `BPF_MAP_LOOKUP_BATCH`. `false`: this kernel has it not for this kind
    /// of map, and `body` was not called.
    /// - Parameter entries: of one batch, at most.
    func forEachBatch(
        entries: Int, _ body: (_ key: RawSpan, _ value: RawSpan) -> Void
    ) throws(BPFError) -> Bool {
        let size = keySize + entrySize
        let most = max(min(entries, Self.batchBytes / size, Int(maxEntries)), 1)
        var capacity = min(most, max(Self.firstBatchBytes / size, 1))
        var keys: [UInt8] = []
        var values: [UInt8] = []
        // A hash map keeps a bucket's number there, an array a key.
        var position = [UInt8](repeating: 0, count: max(keySize, 8))
        var next = position
        var begun = false
        while true {
            if keys.count != capacity * keySize {
                keys = [UInt8](repeating: 0, count: capacity * keySize)
                values = [UInt8](repeating: 0, count: capacity * entrySize)
            }
            var count = UInt32(capacity)
            // SAFETY: the kernel writes at most `count` keys and values, for which there is room.
            let result = unsafe keys.withUnsafeMutableBytes { keys in
                unsafe values.withUnsafeMutableBytes { values in
                    unsafe position.withUnsafeMutableBytes { position in
                        unsafe next.withUnsafeMutableBytes { next in
                            unsafe bpf_map_lookup_batch(
                                file.number, begun ? position.baseAddress : nil, next.baseAddress,
                                keys.baseAddress, values.baseAddress, &count, nil)
                        }
                    }
                }
            }
            switch -result {
            case 0, ENOENT: break  // ENOENT: these were the last.
            case ENOSPC where capacity <= Int(maxEntries):
                // One bucket holds more than fits: the same position again, with more room.
                capacity *= 2
                continue
            case EINVAL where !begun, EOPNOTSUPP where !begun,
                BPFError.notSupportedInKernel where !begun:
                return false
            default:
                throw BPFError(.map, errno: -result, "read map \(name)")
            }
            let keyBytes = unsafe keys.span.bytes
            let valueBytes = unsafe values.span.bytes
            for index in 0..<min(Int(count), capacity) {
                body(
                    keyBytes.extracting(index * keySize..<(index + 1) * keySize),
                    valueBytes.extracting(index * entrySize..<(index + 1) * entrySize))
            }
            if result != 0 { return true }
            swap(&position, &next)
            begun = true
            if capacity < most { capacity = min(capacity * 4, most) }
        }
    }

    /// One key after the other, for maps and kernels without batches. If the key
    /// just read goes meanwhile, the kernel begins anew: the number of steps is bounded.
    func forEachKey(_ body: (_ key: RawSpan, _ value: RawSpan) -> Void) throws(BPFError) {
        var key = [UInt8](repeating: 0, count: keySize)
        var next = key
        var value = [UInt8](repeating: 0, count: entrySize)
        for step in 0...UInt64(maxEntries) {
            // SAFETY: each buffer has the size that the map states.
            let found = unsafe key.withUnsafeMutableBytes { key in
                unsafe next.withUnsafeMutableBytes { next in
                    unsafe bpf_map_get_next_key(
                        file.number, step == 0 ? nil : key.baseAddress, next.baseAddress)
                }
            }
            if found == -ENOENT { return }
            try check(found, .map, "read map \(name)")
            swap(&key, &next)
            let read = unsafe key.withUnsafeMutableBytes { key in
                unsafe value.withUnsafeMutableBytes { value in
                    unsafe bpf_map_lookup_elem(file.number, key.baseAddress, value.baseAddress)
                }
            }
            if read == -ENOENT { continue }
            try check(read, .map, "read map \(name)")
            unsafe body(key.span.bytes, value.span.bytes)
        }
    }
}
