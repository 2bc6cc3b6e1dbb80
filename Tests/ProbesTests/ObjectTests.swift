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
        for programs in [
            ConnectPrograms.connect, ConnectPrograms.bind, ConnectPrograms.check, ConnectPrograms.unix,
        ] {
            #expect(Set(programs(backend).map(\.name)).isSubset(of: present))
        }
    }

    @Test func noProgramIsWithoutUse() throws {
        let used = Backend.allCases.flatMap {
            ConnectPrograms.connect($0) + ConnectPrograms.bind($0) + ConnectPrograms.check($0)
                + ConnectPrograms.unix($0)
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
                ".rodata.config", "connect_rows", "connect_others", "connect_slots", "connect_attempts",
                "connect_calls", "connect_events", "connect_losses", "connect_cgroup", "connect_stacks",
                "connect_other_stacks", "connect_unix", "connect_processes", "reported_processes",
                ".data.epoch",
            ]))
        let stacks: Set = [".data.turn", "stacks_0", "more_stacks_0", "stacks_1", "more_stacks_1"]
        #expect(maps.isSuperset(of: stacks))
        let sample = try names(why_sample_object()).maps
        #expect(
            sample.isSuperset(
                of: stacks.union([
                    "sample_rows", "sample_counts", "sample_events", "sample_cgroup", "reported_processes",
                ])))
        let socket = try names(why_socket_object())
        #expect(socket.programs == ["count_range", "count_service"])
        #expect(
            socket.maps.isSuperset(of: [
                "socket_ranges", "socket_services", ".data.bound", ".data.services", ".data.lost",
            ]))
        let listener = try names(why_listener_object())
        #expect(
            listener.maps.isSuperset(of: [
                ".rodata.config", ".data.active", "listener_near", "listener_rows", "listener_peers",
                "listener_events", "listener_unsent", "listener_syns", "listener_syn_count", "table_full",
                "lost_skb",
            ]))
        #expect(listener.maps.isSuperset(of: stacks))
        #expect(
            try names(why_accept_object()).maps.isSuperset(of: [
                ".rodata.config", ".rodata.cgroup", ".data.active", ".data.epoch", "accept_rows",
                "accept_losses", "accept_waiting", "accept_failures",
            ]))
        let drop = try names(why_drop_object())
        #expect(
            drop.maps.isSuperset(of: [
                ".rodata.config", ".rodata.cgroup", "packet_near", "packet_rows", "packet_portless",
                "packet_reasons", "table_full", "lost_skb",
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
        #expect(
            object.maps.isSuperset(of: [".rodata.config", "conntrack_rows", "conntrack_calls", "table_full"]))
    }

    @Test func configurationFitsTheObject() throws {
        let image = why_connect_object()
        let object = try BPFObject(
            bytes: UnsafeRawBufferPointer(start: image.bytes, count: image.size), name: "test")
        try object.setReadOnly(ConnectOptions().filters, map: ".rodata.config")
        #expect(throws: BPFError.self) { try object.setReadOnly(UInt64(0), map: ".rodata.config") }
    }
}
