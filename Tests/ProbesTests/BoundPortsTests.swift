// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Probes

@Suite struct BoundPortsTests {
    private static func bound(_ ports: UInt16...) -> BoundPorts {
        var words = [UInt64](repeating: 0, count: 1024)
        for port in ports { words[Int(port) / 64] |= 1 << (port % 64) }
        return BoundPorts(bits: words.withUnsafeBytes { [UInt8]($0) })
    }

    @Test(arguments: [0, 1, 7, 8, 63, 64, 20_011, 65_535] as [UInt16])
    func aBitIsAPort(port: UInt16) {
        let bound = Self.bound(port)
        #expect(bound.contains(port))
        #expect(bound.count(in: 0...65_535) { _ in true }.all == 1)
    }

    @Test func bothEndsOfTheRangeCount() {
        let bound = Self.bound(19_999, 20_000, 20_001, 20_003, 20_010, 20_011)
        let count = bound.count(in: 20_000...20_010) { _ in true }
        #expect(count.all == 4 && count.first == 2)
        #expect(bound.count(in: 20_000...20_010) { $0 != 20_000 }.first == 1)
    }

    @Test func nothingReadIsNothingBound() {
        #expect(BoundPorts(bits: []).count(in: 0...65_535) { _ in true }.all == 0)
    }
}
