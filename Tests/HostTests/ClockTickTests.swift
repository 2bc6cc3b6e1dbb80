// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Host

@Suite struct ClockTickTests {
    @Test func isThisMachines() {
        #expect(ClockTick.nanoseconds == 10_000_000)
    }

    @Test(arguments: [-1, 0, 1_000_000_001])
    func isNoGuess(perSecond: Int) {
        #expect(ClockTick.nanoseconds(perSecond: perSecond) == nil)
    }
}
