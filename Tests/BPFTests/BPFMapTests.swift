// SPDX-License-Identifier: Apache-2.0
import CLibbpf
import Glibc
import Testing

@testable import BPF

@Suite(.enabled(if: KernelUnderTest.isRoot, "needs root"))
struct BPFMapTests {
    /// 16 bytes, so that keys and values differ in size.
    private struct Value: BitwiseCopyable, Equatable {
        var first: UInt64
        var second: UInt64
    }

    private static func hash(entries: UInt32) throws -> BPFMap {
        try BPFMap(
            creating: BPF_MAP_TYPE_HASH, name: "test", keySize: 4, valueSize: 16,
            maxEntries: entries)
    }

    @Test func readsWhatWasWritten() throws {
        let map = try Self.hash(entries: 8)
        #expect(try map.lookup(UInt32(1), as: Value.self) == nil)
        try map.update(UInt32(1), Value(first: 2, second: 3))
        #expect(try map.lookup(UInt32(1)) == Value(first: 2, second: 3))
        #expect(try map.delete(UInt32(1)))
        #expect(try !map.delete(UInt32(1)))
        #expect(try map.lookup(UInt32(1), as: Value.self) == nil)
    }

    @Test func saysThatItIsFull() throws {
        let map = try Self.hash(entries: 1)
        try map.update(UInt32(1), Value(first: 0, second: 0))
        #expect {
            try map.update(UInt32(2), Value(first: 0, second: 0))
        } throws: {
            ($0 as? BPFError)?.errno == E2BIG && "\($0)".hasPrefix("cannot write to map test")
        }
    }

    @Test func refusesTypesOfAnotherSize() throws {
        let map = try Self.hash(entries: 8)
        #expect(throws: BPFError(.map, "use map test", detail: "its key has 4 bytes, not 8")) {
            try map.lookup(UInt64(1), as: Value.self)
        }
        #expect(throws: BPFError(.map, "use map test", detail: "its value has 16 bytes, not 4")) {
            try map.update(UInt32(1), UInt32(1))
        }
        #expect(throws: BPFError.self) { try map.delete(UInt8(1)) }
        #expect(throws: BPFError.self) { try map.lookupPerCPU(UInt32(1), as: Value.self) }
    }

    /// Every way of reading gives each of 10,000 entries once.
    @Test(arguments: [256, 1, 100_000, 0])
    func readsEveryEntryOnce(batch: Int) throws {
        let map = try Self.hash(entries: 16384)
        for key in UInt32(0)..<10_000 {
            try map.update(key, Value(first: UInt64(key) * 3, second: ~UInt64(key)))
        }
        var seen: [UInt32: Int] = [:]
        var wrong = 0
        func note(_ key: RawSpan, _ value: RawSpan) {
            guard let key = key.read(UInt32.self), let value = value.read(Value.self) else {
                return
            }
            seen[key, default: 0] += 1
            if value != Value(first: UInt64(key) * 3, second: ~UInt64(key)) { wrong += 1 }
        }
        if batch == 0 {
            try map.forEachKey(note)
        } else {
            #expect(try map.forEachBatch(entries: batch, note))
        }
        #expect(seen.count == 10_000)
        #expect(seen.values.allSatisfy { $0 == 1 })
        #expect(wrong == 0)
    }

    @Test func readsNothingFromAnEmptyMap() throws {
        let map = try Self.hash(entries: 16)
        try map.forEach { _, _ in Issue.record("there is nothing") }
    }

    @Test func readsAnArrayInOrder() throws {
        let map = try BPFMap(
            creating: BPF_MAP_TYPE_ARRAY, name: "test", keySize: 4, valueSize: 8, maxEntries: 1000)
        try map.update(UInt32(999), UInt64(7))
        var keys: [UInt32] = []
        var sum: UInt64 = 0
        try map.forEach { key, value in
            keys.append(key.read() ?? .max)
            sum += value.read() ?? 0
        }
        #expect(keys == Array(0..<1000))
        #expect(sum == 7)
    }

    @Test func keepsBatchesOfLargeValuesWithinBounds() throws {
        let map = try BPFMap(
            creating: BPF_MAP_TYPE_HASH, name: "test", keySize: 64, valueSize: 3208,
            maxEntries: 4096)
        #expect(
            map.entrySize * min(BPFMap.batchEntries, BPFMap.batchBytes / map.entrySize) <= 1 << 20)
        var count = 0
        try map.forEach { _, _ in count += 1 }
        #expect(count == 0)
    }

    @Test func givesAValuePerCPU() throws {
        let map = try BPFMap(
            creating: BPF_MAP_TYPE_PERCPU_HASH, name: "test", keySize: 4, valueSize: 4,
            maxEntries: 16)
        // The kernel wants eight bytes per CPU, whatever the value's size.
        let values = (0..<UInt64(try PossibleCPUs.count())).map { $0 + 5 }
        for key in UInt32(1)...3 {
            var key = key
            try #require(bpf_map_update_elem(map.file.number, &key, values, 0) == 0)
        }
        #expect(try map.lookupPerCPU(UInt32(2)) == values.map { UInt32($0) })
        #expect(try map.lookupPerCPU(UInt32(9), as: UInt32.self) == nil)
        #expect(throws: BPFError.self) { try map.lookup(UInt32(2), as: UInt32.self) }
        var sums: [UInt32] = []
        try map.forEach { _, value in
            let each = (0..<map.valueCount).map { value.read(UInt32.self, at: $0 * 8) ?? 0 }
            sums.append(each.reduce(0, +))
        }
        #expect(sums == [UInt32](repeating: UInt32(values.reduce(0, +)), count: 3))
    }

    @Test func closesItsDescriptor() throws {
        try withPrivateDescriptors {
            let before = openDescriptors()
            do {
                let map = try Self.hash(entries: 4)
                try map.update(UInt32(1), Value(first: 0, second: 0))
                #expect(openDescriptors().count == before.count + 1)
            }
            #expect(openDescriptors() == before)
        }
    }
}
