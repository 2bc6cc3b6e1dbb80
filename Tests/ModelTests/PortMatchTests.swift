// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@Suite struct PortMatchTests {
    @Test func outsideIsTheRest() {
        #expect(PortMatch.outside(22...22).ranges == [0...21, 23...65535])
        #expect(PortMatch.outside(0...65535).ranges == [])
        #expect(PortMatch.outside(0...9).ranges == [10...65535])
        #expect(PortMatch.outside(9...65535).ranges == [0...8])
    }

    @Test func conditionsMustAllHold() {
        let low = PortMatch([0...1999]), high = PortMatch([1000...65535])
        #expect(low.and(high) == PortMatch([1000...1999]) && PortMatch.any.and(low) == low)
        #expect(PortMatch([1...2]).and(PortMatch([3...4])).ranges == [])
        #expect(low.and(high).contains(1000) && !low.and(high).contains(2000))
    }
}
