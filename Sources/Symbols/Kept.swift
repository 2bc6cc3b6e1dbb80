// SPDX-License-Identifier: Apache-2.0

/// What was read, by its number: so much at most, in number and in bytes. The longest unused go first.
struct Kept<Value> {
    private struct Entry {
        var value: Value
        var size: Int
        var used: UInt64
    }

    private let most: Int
    private let mostBytes: Int
    private var entries: [UInt32: Entry] = [:]
    private var bytes = 0
    private var time: UInt64 = 0

    init(most: Int, mostBytes: Int) {
        self.most = most
        self.mostBytes = mostBytes
    }

    /// Reading is a use.
    subscript(id: UInt32) -> Value? {
        mutating get {
            time += 1
            entries[id]?.used = time
            return entries[id]?.value
        }
    }

    /// Stays at least until the next one is put in.
    mutating func put(_ value: Value, _ id: UInt32, size: Int) {
        time += 1
        bytes += size - (entries[id]?.size ?? 0)
        entries[id] = Entry(value: value, size: size, used: time)
        while entries.count > most || bytes > mostBytes, entries.count > 1,
            let oldest = entries.min(by: { $0.value.used < $1.value.used })
        {
            bytes -= oldest.value.size
            entries[oldest.key] = nil
        }
    }
}
