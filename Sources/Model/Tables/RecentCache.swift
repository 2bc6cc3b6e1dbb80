// SPDX-License-Identifier: Apache-2.0

/// What was found before, by key, of which there may come any number in time: what nobody asked
/// for the longest leaves.
public struct RecentCache<Key: Hashable, Value> {
    private var young: [Key: Value] = [:]
    /// From before `young` was full, and not asked for since.
    private var old: [Key: Value] = [:]
    private let half: Int

    /// - Parameter most: how many there are at most.
    public init(keeping most: Int) {
        half = max(most / 2, 1)
    }

    public var count: Int { young.count + old.count }

    /// The value of a key: found before, or now.
    public mutating func value(of key: Key, find: () -> Value) -> Value {
        if let value = young[key] { return value }
        let value = old.removeValue(forKey: key) ?? find()
        if young.count == half {
            old = young
            young = [:]
        }
        young[key] = value
        return value
    }
}
