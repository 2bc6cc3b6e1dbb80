// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Host

@Suite struct CPUListTests {
    @Test(arguments: [
        ("0", [0]), ("0-3", [0, 1, 2, 3]), ("0-1,8", [0, 1, 8]), ("5,4,4-5", [4, 5]),
    ])
    func readsWhatTheKernelWrites(text: String, cpus: [Int32]) {
        #expect(CPUList.parse(text) == cpus)
    }

    @Test(arguments: ["", "a", "3-1", "0-", "-1", "0,,1", "0-99999999", "1-2-3", "0 1"])
    func refusesTheRest(text: String) {
        #expect(CPUList.parse(text) == nil)
    }

    @Test func thisMachineHasSome() throws {
        #expect(!(try CPUList.online()).isEmpty)
    }
}
