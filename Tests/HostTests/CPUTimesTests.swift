// SPDX-License-Identifier: Apache-2.0
import Host
import Model
import Testing

@Suite struct CPUTimesTests {
    private static let text = """
        cpu  10 20 30 40 50 60 70 80 90 0
        cpu0 1 2 3 4 5 6 7 8 9 0
        cpu12 1393280 32966 572056 13343292 6130 0 17875 23933 0 0
        intr 114930548 113199788 3 0 5
        ctxt 1990473
        softirq 183433 0 21755 12 39 1137 231 21459 2263

        """

    @Test func aLineOfACPUIsItsTimes() throws {
        let times = CPUTimes(parsing: Self.text)
        #expect(times.keys.sorted() == [0, 12])
        let time = try #require(times[0])
        #expect([time.user, time.nice, time.system, time.idle] == [1, 2, 3, 4])
        #expect([time.iowait, time.irq, time.softirq, time.steal] == [5, 6, 7, 8])
        #expect(times[12]?.idle == 13_343_292)
    }

    @Test func guestsAreInUserAlready() throws {
        #expect(CPUTimes(parsing: Self.text)[0]?.all == 36)
    }

    @Test(arguments: [
        "", "cpu0", "cpu0 1 2 3\n", "cpux 1 2 3 4 5 6 7 8\n", "cpu-1 1 2 3 4 5 6 7 8\n",
        "cpu0 1 2 3 4 5 6 7 -8\n", "cpu0 1 2 3 4 5 6 7 x 9\n", "cpu99999999999 1 2 3 4 5 6 7 8\n", "\n \n",
    ])
    func takesNothingFromDamagedText(text: String) {
        #expect(CPUTimes(parsing: text).isEmpty)
    }

    @Test func readsTheKernelsOwn() throws {
        let online = try CPUList.online()
        #expect(try CPUTimes.current().keys.sorted() == online)
    }
}
