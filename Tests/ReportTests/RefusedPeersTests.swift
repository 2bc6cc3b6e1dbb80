// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Report

@Suite struct RefusedPeersTests {
    private func state(_ drops: UInt64, _ peers: [IPAddress: UInt64]) -> ListenerState {
        var state = DropsSample.state(DropsSample.drops([.acceptQueueFullAtSYN: drops]))
        state.peers = peers
        return state
    }

    private func address(_ last: UInt8) -> IPAddress { IPAddress(10, 0, 0, last) }

    @Test func thoseThatLostMostComeFirst() throws {
        let peers = try #require(
            RefusedPeers(state(1300, [address(1): 80, address(2): 1200, address(3): 20])))
        #expect(peers.text == "10.0.0.2 1,200, 10.0.0.1 80, 10.0.0.3 20")
        #expect(peers.others == 0)
    }

    @Test func afterFiveTheRestIsASum() throws {
        let many = Dictionary(uniqueKeysWithValues: (1...9).map { (address($0), UInt64(10 * $0)) })
        let peers = try #require(RefusedPeers(state(500, many)))
        #expect(peers.top.map(\.count) == [90, 80, 70, 60, 50])
        #expect(peers.others == 150)
        #expect(peers.text.hasSuffix("10.0.0.5 50, others 150"))
    }

    @Test func equalsAreInTheOrderOfTheirAddresses() throws {
        let peers = try #require(RefusedPeers(state(4, [address(9): 2, address(8): 2])))
        #expect(peers.top.map(\.address) == [address(8), address(9)])
    }

    @Test func whoLostNothingHasNoPeers() {
        #expect(RefusedPeers(state(0, [:])) == nil)
        #expect(RefusedPeers(state(3, [:])) == nil)
        var unseen = state(3, [address(1): 3])
        unseen.drops = nil
        #expect(RefusedPeers(unseen) == nil)
    }

    @Test func anIntervalHasItsOwnPeers() {
        let listener = DropsSample.nginx
        var first = DropsSnapshot(time: 0, wallTime: 0, backend: .fentry)
        first.listeners = [listener: state(5, [address(1): 5])]
        var last = first
        last.listeners = [listener: state(9, [address(1): 5, address(2): 4])]
        #expect(last.since(first).listeners[listener]?.peers == [address(2): 4])
    }

    @Test func theTotalsNameThem() throws {
        var interval = DropsSample.interval
        interval.listeners[DropsSample.nginx]?.peers = [address(1): 1000, address(2): 300]
        #expect(
            DropsSummaryText().lines(interval).contains(
                "drops of 0.0.0.0:80 by peer: 10.0.0.1 1,000, 10.0.0.2 300, others 10"))
        let line = try #require(PortsJSONTests.lines(DropsJSON.interval(interval)).first)
        #expect(
            line.hasSuffix(
                #""peers":[{"address":"10.0.0.1","count":1000},{"address":"10.0.0.2","count":300}],"#
                    + #""peers_other":10,"cgroup":null,"queues_age_s":0}"#))
    }
}
