// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// The programs find a key's row by a number made of it, bpf/lib/keyed_row.h.
    @Suite(.onOneKernel) struct RowTests {
        /// As many keys of one number have a row.
        private static let places = 4

        @Test(arguments: Lab.backends)
        func keysOfOneNumberAreKeptApart(backend: Backend) throws {
            let namespace = try Namespace()
            var results: [Load.Result] = []
            let trace = try Tracer.trace(backend, in: namespace) {
                // All of them soon after each other: when rows leave, others have their places.
                let loads = try (0..<Self.places + 2).map { index in
                    try Child(
                        namespace.enter([
                            "sh", "-c", "read address; exec \(Lab.tcpload) -n \(10 + index) $address 7001",
                        ]))
                }
                for (index, load) in loads.enumerated() {
                    // Its key has its process id in it, so that it learns where to go last.
                    load.enter(
                        RowNumber.address(index, pid: UInt32(load.pid), netns: namespace.inode))
                    try load.wait()
                    results.append(try JSONDecoder().decode(Load.Result.self, from: load.output))
                }
            }
            for result in results.prefix(Self.places) {
                let rows = trace.rows.filter { $0.pid == result.pid }
                #expect(rows.map(\.connects) == [result.connects])
                #expect(rows.map(\.failed) == [["ENETUNREACH": result.connects]])
            }
            // The others share the row of what finds no place, and that is told.
            let others = trace.rows.filter { $0.pid == nil }
            let left = Array(results.dropFirst(Self.places)).connects
            #expect(others.map(\.connects) == [left])
            #expect(others.map(\.failed) == [["ENETUNREACH": left]])
            #expect(trace.summary.lost.map == left)
            #expect(trace.summary.connects == results.connects)
        }
    }
}

/// number_of() in bpf/lib/keyed_row.h, worked backwards.
private enum RowNumber {
    private static func step(_ number: UInt64, _ word: UInt64) -> UInt64 {
        let product = (number ^ word) &* 0x9e37_79b9_7f4a_7c15
        return product ^ product >> 32
    }

    /// An address for each index that leads to the same number, whatever the rest of the key.
    static func address(_ index: Int, pid: UInt32, netns: UInt32) -> String {
        var number = step(0, UInt64(netns) << 32 | UInt64(pid))
        for _ in 0..<2 { number = step(number, 0) }  // not bound to an address
        let network: UInt64 = 0x2001_0db8_0000_0000 + UInt64(index)
        // Where this begins the last step, all meet.
        let host = (step(number, network.byteSwapped) ^ 0x0123_4567_89ab_cdef).byteSwapped
        return [network, host].flatMap { word in
            stride(from: UInt64(48), through: 0, by: -16).map { String(word >> $0 & 0xffff, radix: 16) }
        }.joined(separator: ":")
    }
}
