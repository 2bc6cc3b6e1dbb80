// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// The port range of a destination and what holds it.
    @Suite struct RangeTests {
        /// As /proc/net/tcp has it, in a namespace where nothing moves.
        @Test(arguments: Lab.backends)
        func usedPortsAreThoseOfProc(backend: Backend) throws {
            let namespace = try Namespace()
            try namespace.setPorts(20000, 20999)
            try namespace.set("ipv4/ip_local_reserved_ports", "20010-20019,20500,30000")
            try namespace.set("ipv4/tcp_tw_reuse", "0")
            try namespace.keepTimeWait()
            let addresses = ["127.0.0.1", "::1"]
            let listeners = try addresses.map { try Load("-l -w -n 0 -i 600 \($0) 7001", in: namespace) }
            for listener in listeners { _ = try listener.result() }
            let tracer = try Tracer(backend, ["--netns", namespace.name])
            for address in addresses {
                try Load.run("-w -t 4 -n 150 \(address) 7001", in: namespace)
            }
            let held = try addresses.map { try Load("-k -t 4 -n 250 -i 600 \($0) 7001", in: namespace) }
            for load in held { _ = try load.result() }
            let truths = try addresses.map {
                try namespace.quietSockets(towards: $0, in: 20000...20999)
            }
            let trace = try tracer.finish()
            #expect(trace.ranges.count == 2)
            for (address, truth) in zip(addresses, truths) {
                #expect(truth.all - truth.timeWait == 250 && truth.timeWait > 145)
                let range = try #require(trace.ranges.first { $0.destination == address })
                #expect(range.port == 7001 && range.netns == namespace.inode)
                #expect(range.inUse == truth.all && range.timeWait == truth.timeWait)
                #expect(range.low == 20000 && range.high == 20999 && range.size == 1000)
                #expect(range.reserved == 11 && range.available == 989)
            }
            for load in held + listeners { try load.end() }
        }

        /// 51 ports, and far more clients.
        @Test(arguments: Lab.backends)
        func fullRange(backend: Backend) throws {
            let namespace = try Namespace()
            try namespace.setPorts(20000, 20050)
            let tracer = try Tracer(backend, ["--netns", namespace.name])
            let load = try Load("-t 8 -n 2000 -k -l -i 600 127.0.0.1 7001", in: namespace)
            let result = try load.result()
            let truth = try namespace.quietSockets(towards: "127.0.0.1", in: 20000...20050)
            let trace = try tracer.finish()
            try load.end()
            expect(trace, has: [result])
            // The 51st is found only by a search that begins at the right place.
            #expect((50...51).contains(result.succeeded))
            #expect(result.failed == ["EADDRNOTAVAIL": 2000 - result.succeeded])
            let range = try #require(trace.ranges.first)
            #expect(range.low == 20000 && range.high == 20050 && range.size == 51)
            #expect(range.inUse == result.succeeded && range.inUse == truth.all)
            let row = try #require(trace.rows.first)
            #expect(row.searchNs?.sum ?? 0 > 0)
            // A search in vain passes 50: the kernel makes the range even.
            if backend.seesSearch { #expect(row.portsTried?.max == 50 && row.portsTried?.p50 ?? 0 >= 47) }
        }

        /// Ports that others got by bind() are not to be had, whatever the destination.
        @Test(arguments: Lab.backends)
        func boundPortsAreHeld(backend: Backend) throws {
            let namespace = try Namespace()
            try namespace.setPorts(20000, 20099)
            try namespace.set("ipv4/ip_local_reserved_ports", "20095-20099")
            let tracer = try Tracer(backend, ["--netns", namespace.name])
            let bound = try Load("-k -p 20010 -n 30 -l -i 600 127.0.0.1 7001", in: namespace)
            let listener = try Load("-l -w -n 0 -i 600 127.0.0.1 20090", in: namespace)
            let reserved = try Load("-l -w -n 0 -i 600 127.0.0.1 20096", in: namespace)
            for load in [bound, listener, reserved] { _ = try load.result() }
            let load = try Load("-k -n 100 -l -i 600 127.0.0.1 7002", in: namespace)
            let result = try load.result()
            let trace = try tracer.finish()
            for load in [load, bound, listener, reserved] { try load.end() }
            #expect(result.succeeded == 64 && result.failed == ["EADDRNOTAVAIL": 36])
            let range = try #require(trace.ranges.first { $0.port == 7002 })
            #expect(range.inUse == 64 && range.bound == 31 && range.available == 95)
            #expect(range.expectedTried == 95)
            // Of this one's own, all are bound.
            if let own = trace.ranges.first(where: { $0.port == 7001 }) {
                #expect(own.inUse == 30 && own.bound == 1)
            }
        }
    }
}
