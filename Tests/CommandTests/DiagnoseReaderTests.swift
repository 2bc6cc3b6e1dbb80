// SPDX-License-Identifier: Apache-2.0
import Collector
import Diagnosis
import Model
import Testing

@testable import tcpwhy

@Suite struct DiagnoseReaderTests {
    private static let web = Listener(netns: 1, address: IPAddress(0, 0, 0, 0), port: 80, inode: 800)
    private static let upstream = Destination(netns: 1, address: IPAddress(127, 0, 0, 1), port: 9000)

    private static func snapshot(second: UInt64, queue: UInt32?, inUse: UInt32, drops: UInt64) -> Snapshot {
        let time = second * 1_000_000_000
        var snapshot = Snapshot(time: time, wallOffset: 0)
        var state = ListenerState()
        state.drops = ListenDrops()
        state.drops?.listenDrops = drops
        state.queues = queue.map { ListenQueues(acceptQueue: $0, backlog: 5, synQueue: 0, young: 0) }
        snapshot.drops = .seen(
            DropsSnapshot(time: time, wallTime: 0, backend: .fentry, listeners: [web: state]))
        let range = PortRange(
            destination: upstream, low: 1024, high: 2047, reserved: 0, inUse: inUse, timeWait: 0,
            reusesTimeWait: false, recycled: nil)
        snapshot.ports = .seen(
            PortsSnapshot(
                time: time, wallTime: 0, backend: .kprobe, connects: [:], ranges: [range], loss: Loss()))
        snapshot.samples = .not("no clock")
        return snapshot
    }

    @Test func queuesAndRangesAreThoseOfAllLooks() throws {
        let source = Recording(updates: [
            .first(Self.snapshot(second: 1, queue: 0, inUse: 0, drops: 4)),
            .tick(Self.snapshot(second: 2, queue: 2, inUse: 900, drops: 5)),
            .tick(Self.snapshot(second: 3, queue: 6, inUse: 100, drops: 9)),
            .last(Self.snapshot(second: 4, queue: nil, inUse: 200, drops: 9)),
        ])
        var reader = DiagnoseReader()
        var backends = ""
        var seconds: [Double] = []
        let seen = try reader.read(source) {
            backends = $0
        } progress: {
            seconds.append($0)
        }
        #expect(backends == "fentry and kprobe")
        #expect(seconds == [1, 2])
        #expect(seen.duration == 3)
        let depth = try #require(seen.queueDepths[Self.web])
        #expect(depth.count == 2 && depth.sum == 8 && depth.maximum == 6)
        let state = try #require(seen.drops.value?.listeners[Self.web])
        #expect(state.drops?.listenDrops == 5)
        // As it was when it was seen last.
        #expect(state.queues?.acceptQueue == 6)
        #expect(seen.ports.value?.ranges.map(\.inUse) == [900])
        #expect(seen.hotspots.obstacle == "no clock")
    }

    @Test func whereNothingCanBeTracedThereIsNothingToSay() {
        var snapshot = Snapshot(time: 0, wallOffset: 0)
        snapshot.drops = .not("not here")
        snapshot.ports = .not("nor there")
        let source = Recording(updates: [.first(snapshot)])
        var reader = DiagnoseReader()
        let failure = #expect(throws: Failure.self) {
            _ = try reader.read(source) { _ in
            } progress: { _ in
            }
        }
        #expect(failure?.code == 77 && failure?.message == "not here")
    }
}
