// SPDX-License-Identifier: Apache-2.0
import CLibbpf
import Glibc

/// A map in the kernel. Has a file descriptor of its own, so it may outlive
/// the object that made it, and any thread may use it.
public struct BPFMap: ~Copyable, Sendable {
    public let name: String
    public let keySize: Int
    public let valueSize: Int
    public let maxEntries: UInt32
    /// One value per CPU that the machine could have, each at `valueStride`.
    public let isPerCPU: Bool
    /// How many values a key has.
    public let valueCount: Int
    let type: UInt32
    let file: FileDescriptor
    /// The map's own, for other readers of it; open as long as this map is there.
    package var descriptor: Int32 { file.number }

    /// From one value to the next in what a lookup gives.
    public var valueStride: Int { isPerCPU ? (valueSize + 7) & ~7 : valueSize }
    /// Bytes that a lookup of one key gives.
    public var entrySize: Int { valueStride * valueCount }

    /// What an update may find.
    public enum UpdateMode: UInt64, Sendable {
        case any = 0
        case create = 1
        case replace = 2
    }

    init(of map: OpaquePointer, name: String) throws(BPFError) {
        let number = unsafe bpf_map__fd(map)
        guard number >= 0 else {
            throw BPFError(.map, "use map \(name)", detail: "its object is not loaded")
        }
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 0)
        try unsafe self.init(
            file: FileDescriptor(owning: checkErrno(copy, .map, "use map \(name)")), name: name,
            type: bpf_map__type(map).rawValue, keySize: Int(bpf_map__key_size(map)),
            valueSize: Int(bpf_map__value_size(map)), maxEntries: bpf_map__max_entries(map))
    }

    /// A map that no object describes.
    /// - Parameter inner: of a map of maps, what those are like.
    init(
        creating type: bpf_map_type, name: String, keySize: Int, valueSize: Int, maxEntries: UInt32,
        of inner: Int32? = nil
    ) throws(BPFError) {
        var options = bpf_map_create_opts()
        options.sz = MemoryLayout<bpf_map_create_opts>.size
        if let inner { options.inner_map_fd = UInt32(bitPattern: inner) }
        let number = try unsafe check(
            bpf_map_create(type, name, UInt32(keySize), UInt32(valueSize), maxEntries, &options), .map,
            "create map \(name)")
        try self.init(
            file: FileDescriptor(owning: number), name: name, type: type.rawValue,
            keySize: keySize, valueSize: valueSize, maxEntries: maxEntries)
    }

    private init(
        file: consuming FileDescriptor, name: String, type: UInt32, keySize: Int, valueSize: Int,
        maxEntries: UInt32
    ) throws(BPFError) {
        let isPerCPU =
            type == BPF_MAP_TYPE_PERCPU_HASH.rawValue
            || type == BPF_MAP_TYPE_PERCPU_ARRAY.rawValue
            || type == BPF_MAP_TYPE_LRU_PERCPU_HASH.rawValue
        valueCount = try isPerCPU ? PossibleCPUs.count() : 1
        self.isPerCPU = isPerCPU
        self.name = name
        self.type = type
        self.keySize = keySize
        self.valueSize = valueSize
        self.maxEntries = maxEntries
        self.file = file
    }

    // MARK: One key

    /// The value of `key`, or `nil` if there is none.
    public func lookup<Key: BitwiseCopyable, Value: BitwiseCopyable>(
        _ key: Key, as type: Value.Type = Value.self
    ) throws(BPFError) -> Value? {
        try expect(key: Key.self, value: Value.self, perCPU: false)
        guard let bytes = try entry(key) else { return nil }
        return unsafe bytes.span.bytes.read(Value.self)
    }

    /// The bytes of the value of `key`, whatever their number, or `nil` if there is none.
    public func lookupBytes<Key: BitwiseCopyable>(_ key: Key) throws(BPFError) -> [UInt8]? {
        try expect(MemoryLayout<Key>.size, keySize, "key")
        return try entry(key)
    }

    /// The value that each CPU has for `key`, or `nil` if there is no such key.
    public func lookupPerCPU<Key: BitwiseCopyable, Value: BitwiseCopyable>(
        _ key: Key, as type: Value.Type = Value.self
    ) throws(BPFError) -> [Value]? {
        try expect(key: Key.self, value: Value.self, perCPU: true)
        guard let bytes = try entry(key) else { return nil }
        let span = unsafe bytes.span.bytes
        return (0..<valueCount).compactMap { span.read(Value.self, at: $0 * valueStride) }
    }

    public func update<Key: BitwiseCopyable, Value: BitwiseCopyable>(
        _ key: Key, _ value: Value, mode: UpdateMode = .any
    ) throws(BPFError) {
        try expect(key: Key.self, value: Value.self, perCPU: false)
        // SAFETY: the sizes are the map's; the kernel only reads.
        let result = unsafe withUnsafeBytes(of: key) { key in
            unsafe withUnsafeBytes(of: value) { value in
                unsafe bpf_map_update_elem(
                    file.number, key.baseAddress, value.baseAddress, mode.rawValue)
            }
        }
        try check(result, .map, "write to map \(name)")
    }

    /// The same with the value's bytes, whatever their number.
    public func update<Key: BitwiseCopyable>(_ key: Key, bytes: [UInt8]) throws(BPFError) {
        try expect(MemoryLayout<Key>.size, keySize, "key")
        try expect(bytes.count, entrySize, "value")
        // SAFETY: the sizes are the map's; the kernel only reads.
        let result = unsafe withUnsafeBytes(of: key) { key in
            unsafe bytes.withUnsafeBytes {
                unsafe bpf_map_update_elem(
                    file.number, key.baseAddress, $0.baseAddress, UpdateMode.any.rawValue)
            }
        }
        try check(result, .map, "write to map \(name)")
    }

    /// Whether `key` was there.
    @discardableResult
    public func delete<Key: BitwiseCopyable>(_ key: Key) throws(BPFError) -> Bool {
        try expect(MemoryLayout<Key>.size, keySize, "key")
        // SAFETY: the size is the map's; the kernel only reads.
        let result = unsafe withUnsafeBytes(of: key) {
            unsafe bpf_map_delete_elem(file.number, $0.baseAddress)
        }
        if result == -ENOENT { return false }
        try check(result, .map, "delete from map \(name)")
        return true
    }

    private func entry<Key: BitwiseCopyable>(_ key: Key) throws(BPFError) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: entrySize)
        // SAFETY: the key has the map's size; the kernel writes `entrySize` bytes.
        let result = unsafe withUnsafeBytes(of: key) { key in
            unsafe bytes.withUnsafeMutableBytes {
                unsafe bpf_map_lookup_elem(file.number, key.baseAddress, $0.baseAddress)
            }
        }
        if result == -ENOENT { return nil }
        try check(result, .map, "read map \(name)")
        return bytes
    }

    // MARK: Sizes

    private func expect<Key, Value>(
        key: Key.Type, value: Value.Type, perCPU: Bool
    ) throws(BPFError) {
        try expect(MemoryLayout<Key>.size, keySize, "key")
        try expect(MemoryLayout<Value>.size, valueSize, "value")
        guard perCPU == isPerCPU else {
            throw BPFError(
                .map, "use map \(name)",
                detail: isPerCPU ? "it has a value per CPU" : "it has one value for all CPUs")
        }
    }

    private func expect(_ given: Int, _ size: Int, _ what: String) throws(BPFError) {
        guard given == size else {
            throw BPFError(
                .map, "use map \(name)", detail: "its \(what) has \(size) bytes, not \(given)")
        }
    }
}
