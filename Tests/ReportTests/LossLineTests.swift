// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Report

@Suite struct LossLineTests {
    private let loss = ListenLoss(
        time: 1_500_000_000, cause: .acceptQueueFullAtSYN, netns: 4_026_531_840, inode: 700,
        local: IPAddress(127, 0, 0, 1), localPort: 80, remote: IPAddress(127, 0, 0, 2),
        remotePort: 40122, acceptQueue: 11, backlog: 10, synQueue: 3)

    private func line(_ loss: ListenLoss) -> String {
        var bytes: [UInt8] = []
        LossLine(clock: WallClock(offset: 0)).write(loss, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func saysWhoLostWhatAndHowFullTheQueueWas() {
        #expect(
            line(loss) == """
                00:00:01.500 127.0.0.2:40122       → 127.0.0.1:80                 11/10          3  \
                accept queue full at SYN

                """)
    }

    @Test func columnsAreBelowTheHeading() {
        let heading = Array(LossLine.heading)
        let columns = Array(line(loss))
        #expect(heading.firstIndex(of: "→") == columns.firstIndex(of: "→"))
        #expect(String(heading[heading.count - 5..<heading.count]) == "CAUSE")
        #expect(String(columns[(heading.count - 5)...]).hasPrefix("accept queue full"))
    }

    @Test func aPacketThatIsNotKnownHasNoClient() {
        var loss = loss
        loss.remote = nil
        loss.local = nil
        loss.cause = .icmpError
        #expect(line(loss).contains(" –                     → *:80 "))
    }

    @Test func aLineOfScripts() {
        var bytes: [UInt8] = []
        DropsJSON.write(loss, clock: WallClock(offset: 0), to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                {"kind":"loss","time":"1970-01-01T00:00:01.500Z","netns":4026531840,\
                "cause":"accept_queue_full_syn","drop":true,"address":"127.0.0.1","port":80,\
                "peer":"127.0.0.2","peer_port":40122,"accept_queue":11,"backlog":10,"syn_queue":3,"inode":700}

                """)
    }
}
