// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
import Model
import Testing

@testable import Probes

/// The embedded objects hold what the host asks them for. Needs no root: nothing is loaded.
@Suite struct ObjectTests {
    private func names(_ image: why_object) throws -> (programs: Set<String>, maps: Set<String>) {
        let object = try BPFObject(
            bytes: UnsafeRawBufferPointer(start: image.bytes, count: image.size), name: "test")
        return (Set(object.programNames), Set(object.mapNames))
    }

    @Test(arguments: Backend.allCases)
    func everyProgramOfABackendIsInTheObject(backend: Backend) throws {
        let present = try names(why_connect_object()).programs
        for programs in [ConnectPrograms.connect, ConnectPrograms.bind, ConnectPrograms.check] {
            #expect(Set(programs(backend).map(\.name)).isSubset(of: present))
        }
    }

    @Test func noProgramIsWithoutUse() throws {
        let used = Backend.allCases.flatMap {
            ConnectPrograms.connect($0) + ConnectPrograms.bind($0) + ConnectPrograms.check($0)
        }
        #expect(try names(why_connect_object()).programs == Set(used.map(\.name)))
    }

    @Test func programsThatCountAreProgramsOfTheObject() throws {
        #expect(ConnectPrograms.counting.isSubset(of: try names(why_connect_object()).programs))
    }

    @Test func mapsAreThere() throws {
        let maps = try names(why_connect_object()).maps
        #expect(
            maps.isSuperset(of: [
                ".rodata.config", "stats", "slots", "attempts", "calls", "events", "losses", "cgroup",
                "search_stacks", "other_searches", "processes", "told", ".data.epoch",
            ]))
        let stacks: Set = [".data.turn", "stacks_0", "more_stacks_0", "stacks_1", "more_stacks_1"]
        #expect(maps.isSuperset(of: stacks))
        let sample = try names(why_sample_object()).maps
        #expect(sample.isSuperset(of: stacks.union(["counts", "samples", "events", "told"])))
        let socket = try names(why_socket_object())
        #expect(socket.programs == ["count_range"] && socket.maps.contains("ranges"))
        let listener = try names(why_listener_object())
        #expect(
            listener.maps.isSuperset(of: [
                ".rodata.config", ".data.active", "near", "stats", "peers", "unplaced", "lost_skb", "syns",
                "dropped_syns",
            ]))
        #expect(listener.maps.isSuperset(of: stacks))
        let drop = try names(why_drop_object())
        #expect(
            drop.maps.isSuperset(of: [
                ".rodata.config", ".rodata.cgroup", "near", "packets", "together", "unplaced", "lost_skb",
                "wanted_reasons",
            ]))
        #expect(drop.maps.isSuperset(of: stacks))
        #expect(drop.programs == [PacketProbe.program.name])
    }

    @Test func everyListenerProgramHasItsUse() throws {
        let used = Backend.allCases.flatMap { ListenerPrograms.handlers($0) + ListenerPrograms.routes($0) }
        let present = try names(why_listener_object()).programs
        #expect(present == Set(used.map(\.name) + [ListenerPrograms.list]))
    }

    @Test func everyConntrackProgramHasItsUse() throws {
        let object = try names(why_conntrack_object())
        #expect(object.programs == Set(Backend.allCases.flatMap(ConntrackPrograms.all).map(\.name)))
        #expect(object.maps.isSuperset(of: [".rodata.config", "full", "unplaced", "calls"]))
    }

    @Test func configurationFitsTheObject() throws {
        let image = why_connect_object()
        let object = try BPFObject(
            bytes: UnsafeRawBufferPointer(start: image.bytes, count: image.size), name: "test")
        try object.setReadOnly(ConnectOptions().filters, map: ".rodata.config")
        #expect(throws: BPFError.self) { try object.setReadOnly(UInt64(0), map: ".rodata.config") }
    }
}
