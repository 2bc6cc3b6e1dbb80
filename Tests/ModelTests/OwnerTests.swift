// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@Suite struct OwnerTests {
    @Test func schedulingOfAnInterval() throws {
        var before = ProcessScheduling(state: .running, threads: [1: 100, 2: 50], time: 1000)
        before.quotas = [CPUQuota(directory: "/a", isVersion1: false, quota: 1, period: 2)]
        before.quotas[0].throttled = 3
        var after = ProcessScheduling(state: .sleeping, threads: [1: 600, 3: 40], time: 2000)
        after.quotas = before.quotas
        after.quotas[0].throttled = 10
        let rest = after.since(before)
        // Thread 2 has ended, 3 began meanwhile.
        #expect(rest.threads == [1: 500, 3: 40] && rest.state == .sleeping)
        #expect(rest.busiestThread == 0.5 && rest.processors == 0.54)
        #expect(rest.quotas.map(\.throttled) == [7])
        #expect(after.busiestThread == nil)
    }

    /// The number may be another process's by the end.
    @Test func anotherProcessOfTheNumberHasNoInterval() {
        var facts = ProcessFacts(pid: 7, command: "a", parent: 1, ownMemory: nil, unit: "")
        facts.scheduling = ProcessScheduling(state: .running, threads: [7: 10], time: 10)
        var first = MachineFacts()
        first.processes = [7: facts]
        var last = first
        last.processes[7]?.scheduling?.time = 20
        #expect(last.processes(since: first)[7]?.scheduling?.elapsed == 10)
        last.processes[7]?.command = "b"
        #expect(last.processes(since: first)[7]?.scheduling?.elapsed == nil)
    }

    @Test func looksKeepFewPlaces() {
        var looks = WaitingLooks()
        for number in 0..<20 { looks.add(.asleep("place_\(number)")) }
        looks.add(.asleep("place_3"))
        looks.add(.asleep(nil))
        looks.add(.running)
        #expect(looks.looks == 23 && looks.asleep == 22 && looks.running == 1)
        #expect(looks.places.count == 8 && looks.place == "place_3")
    }

    @Test func countsFromAValueOn() {
        var waits = Distribution()
        waits.record(1000, count: 50)
        waits.record(500_000_000, count: 3)
        #expect(waits.count(atLeast: 100_000_000) == 3 && waits.count(atLeast: 0) == 53)
        #expect(Distribution().count(atLeast: 0) == 0)
    }

    @Test(
        arguments: [
            ([0x2f, 0x61, 0, 0x62], "/a"), ([0, 0x61, 0, 0x62], "@a@b"), ([], ""), ([0], "@"),
        ] as [([UInt8], String)])
    func unixPathsAreText(bytes: [UInt8], text: String) {
        #expect(UnixPath.text(bytes) == text)
    }

    /// The socket at the very address goes before the one at all of them.
    @Test func servedSocketsBelongToTheNearestListener() {
        func listener(_ address: IPAddress, _ inode: UInt32, dual: Bool = false) -> Listener {
            Listener(netns: 1, address: address, port: 80, inode: inode, isDualStack: dual)
        }
        let here = IPAddress(10, 0, 0, 1)
        let any = listener(IPAddress(0, 0, 0, 0), 1)
        let own = listener(here, 2)
        let six = IPAddress("::").map { listener($0, 3, dual: true) }
        var sockets = ServedSockets()
        sockets.established = 4
        let found = [
            ServiceAddress(address: here, port: 80): sockets,
            ServiceAddress(address: IPAddress(10, 0, 0, 2), port: 80): sockets,
            ServiceAddress(address: here, port: 81): sockets,
        ]
        #expect(ServedSockets.byListener(found, [any, own]) == [own: sockets, any: sockets])
        #expect(ServedSockets.byListener(found, [six].compactMap(\.self)).values.map(\.established) == [8])
    }
}
