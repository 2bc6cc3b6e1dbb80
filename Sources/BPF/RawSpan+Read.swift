// SPDX-License-Identifier: Apache-2.0

extension RawSpan {
    /// The value whose bytes stand at `offset`, aligned or not; `nil` where
    /// there are too few.
    public func read<Value: BitwiseCopyable>(
        _ type: Value.Type = Value.self, at offset: Int = 0
    ) -> Value? {
        let size = MemoryLayout<Value>.size
        guard offset >= 0, size <= byteCount, offset <= byteCount - size else { return nil }
        // SAFETY: inside the span; what BPF writes is plain data, any bit pattern of which is valid.
        return unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: type)
    }
}
