// SPDX-License-Identifier: Apache-2.0
import CLibbpf
import Glibc

extension BPFMap {
    /// Hands over every key with its value, as `forEach` does, and removes those for which `body`
    /// says so. In what it removes nobody may count any more (`bpf/lib/epoch.h`).
    public func drain(_ body: (_ key: RawSpan, _ value: RawSpan) -> Bool) throws(BPFError) {
        var keys: [UInt8] = []
        try forEach { key, value in
            guard body(key, value) else { return }
            // SAFETY: copied while the span is valid.
            unsafe key.withUnsafeBytes { unsafe keys.append(contentsOf: $0) }
        }
        try delete(keys: keys)
    }

    /// - Parameter keys: one after the other; some may be gone.
    func delete(keys: [UInt8]) throws(BPFError) {
        var start = 0
        while start < keys.count {
            let rest = keys.count - start
            var count = UInt32(rest / keySize)
            // SAFETY: there are as many keys as it says from `start` on; the kernel only reads.
            let result = unsafe keys.withUnsafeBytes {
                unsafe bpf_map_delete_batch(file.number, $0.baseAddress! + start, &count, nil)
            }
            switch -result {
            case 0: return
            // It stopped at one that is gone.
            case ENOENT: start += (Int(count) + 1) * keySize
            case EINVAL, EOPNOTSUPP, BPFError.notSupportedInKernel:
                return try deleteOneByOne(keys: keys, from: start)
            default: throw BPFError(.map, errno: -result, "delete from map \(name)")
            }
        }
    }

    private func deleteOneByOne(keys: [UInt8], from start: Int) throws(BPFError) {
        for start in stride(from: start, to: keys.count, by: keySize) {
            // SAFETY: a whole key begins there; the kernel only reads.
            let result = unsafe keys.withUnsafeBytes {
                unsafe bpf_map_delete_elem(file.number, $0.baseAddress! + start)
            }
            if result != -ENOENT { try check(result, .map, "delete from map \(name)") }
        }
    }
}

extension BPFMap {
    /// Hands over what each CPU has at some places of a per-CPU array, and clears the places of
    /// which `body` says that some CPU's is in use. Nobody may count there any more.
    public func drainPerCPU(
        _ places: Range<UInt32>, _ body: (_ value: RawSpan) -> Bool
    ) throws(BPFError) {
        let empty = [UInt8](repeating: 0, count: entrySize)
        for place in places {
            guard let bytes = try lookupBytes(place) else { continue }
            var isUsed = false
            for start in stride(from: 0, to: bytes.count, by: valueStride) {
                let value = unsafe bytes.span.bytes.extracting(start..<start + valueSize)
                if body(value) { isUsed = true }
            }
            if isUsed { try update(place, bytes: empty) }
        }
    }
}
