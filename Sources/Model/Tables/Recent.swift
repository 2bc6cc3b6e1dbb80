// SPDX-License-Identifier: Apache-2.0

/// What was found out about keys of which there may come any number in time. Bounded: beyond
/// `most` the longest unused are forgotten.
public struct Recent<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let most: Int
    private var values: [Key: (value: Value, used: UInt64)] = [:]
    private var time: UInt64 = 0

    public init(keeping most: Int) {
        self.most = most
    }

    public var count: Int { values.count }

    public var all: [Key: Value] { values.mapValues(\.value) }

    /// Reading is a use.
    public subscript(key: Key) -> Value? {
        mutating get {
            time += 1
            values[key]?.used = time
            return values[key]?.value
        }
        set {
            time += 1
            values[key] = newValue.map { ($0, time) }
            if values.count > most { forget() }
        }
    }

    /// The value of a key: found before, or now.
    public mutating func value(of key: Key, find: () -> Value) -> Value {
        if let value = self[key] { return value }
        let value = find()
        self[key] = value
        return value
    }

    /// A quarter at once: it takes a sort.
    private mutating func forget() {
        let oldest = values.sorted { $0.value.used < $1.value.used }.prefix(values.count - most * 3 / 4)
        for (key, _) in oldest { values[key] = nil }
    }
}
