// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Diagnosis
import Model
import Testing

@testable import tcpwhy

@Suite struct DiagnoseFilterTests {
    private static var seen: Observation {
        let web = Listener(netns: 1, address: IPAddress(0, 0, 0, 0), port: 80, inode: 800)
        let drops = DropsInterval(
            duration: 1, wallTime: 0, backend: .fentry, listeners: [web: ListenerState()],
            owners: [800: [SocketOwner(pid: 80, command: "nginx", descriptor: 6)]],
            counters: ListenCounters(), loss: Loss())
        let ports = PortsInterval(
            duration: 1, wallTime: 0, backend: .fentry, connects: [:], ranges: [], loss: Loss())
        return Observation(
            duration: 1, wallTime: 0, ports: .seen(ports), drops: .seen(drops), hotspots: .notAsked)
    }

    private func remarks(_ arguments: [String]) throws -> [String] {
        try DiagnoseOptions.parse(arguments).filter(Self.seen).remarks
    }

    @Test func nobodyOfThatNameIsTold() throws {
        #expect(try remarks(["-c", "ngimx"]).first?.hasPrefix("processes named ngimx: none") == true)
        #expect(try remarks(["-p", "81"]).first?.hasPrefix("process 81: none") == true)
        #expect(try remarks(["-c", "nginx", "-P", "81"]).first?.contains("on port 81") == true)
    }

    @Test func whoIsThereNeedsNoRemark() throws {
        for arguments in [[], ["-c", "nginx"], ["-p", "80", "-P", "80"], ["-P", "81"]] {
            #expect(try remarks(arguments) == [])
        }
    }
}
