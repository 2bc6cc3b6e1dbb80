// SPDX-License-Identifier: Apache-2.0
import BPF
import Foundation
import Model
import Testing

@testable import Probes

extension KernelTests {
    /// The programs' tables with few rows, through which many more pass.
    @Suite struct StackLifeTests {
        /// Short processes of ever new numbers, beside one that runs all the time.
        @Test func samplesOfProcessesThatComeAndGoAreAllInRows() throws {
            var options = SampleOptions()
            options.rows = 512
            options.stackPlaces = 512
            options.frequency = Lab.isEmulated ? 199 : 999
            let spinner = try Child([Lab.tcpload, "-x", "600", "127.0.0.1", "1"])
            defer { spinner.signal(SIGKILL) }
            let churn = try Child(["sh", "-c", "while :; do /bin/true; done"])
            defer { churn.signal(SIGKILL) }
            let probe = try SampleProbe(options)
            var ring = try probe.openRing()
            var (keys, taken, busy, busyLooks, looks) = (0, UInt64(0), UInt64(0), 0, 0)
            let isEnough = try Lab.wait(120) {
                _ = Lab.wait(0.05) { false }
                let new = try probe.takeSamples { ring.consume { _ = probe.receive($0) } }
                // Counted apart, sample by sample.
                #expect(new.placed == new.taken && new.unplaced == 0)
                looks += 1
                keys += new.counts.count
                taken += new.taken
                let own = new.counts.filter { $0.key.pid == UInt32(spinner.pid) }.values.reduce(0, +)
                busy += own
                if own > 0 { busyLooks += 1 }
                return keys > 3 * 512
            }
            probe.stop()
            Lab.figure("\(keys) rows in \(looks) looks, \(taken) samples, \(busy) of them the busy process's")
            #expect(isEnough)
            #expect(busyLooks * 2 > looks && busy * 20 > taken)
        }

        /// Processes that search for a port and end, beside one that does so all the time.
        @Test(arguments: WeightTests.whole)
        func searchesOfProcessesThatComeAndGoAreAllInRows(backend: Backend) throws {
            let namespace = try Namespace()
            var options = ConnectOptions()
            options.stacks = true
            options.stackRows = 16
            options.command = "tcpload"
            options.backend = Model.Backend(rawValue: backend.rawValue)
            let probe = try ConnectProbe(options)
            let busy = try Load("-d \(Lab.isEmulated ? 10 : 4) -W 5 127.0.0.1 7001", in: namespace)
            var sums: [UInt32: UInt64] = [:]
            var (rows, searches, counted) = (0, UInt64(0), UInt64(0))
            func look() throws {
                let reading = try probe.read()
                let new = probe.takeSearches()
                #expect(new.sums[.otherSearches] == nil)
                #expect(new.samples(of: \.searches).withoutStack == 0)
                rows += new.sums.count
                for (stack, sum) in new.sums { sums[stack.pid, default: 0] += sum.searches }
                searches = sums.values.reduce(0, +)
                counted = [reading.connects, reading.ended].lazy.joined()
                    .reduce(0) { $0 + ($1.value.search?.count ?? 0) }
            }
            var connects = 0
            while rows <= 3 * 16 {
                for _ in 0..<4 { connects += try Load.run("-n 2 127.0.0.1 7002", in: namespace).connects }
                try look()
            }
            let result = try busy.result()
            try busy.end()
            try probe.stop()
            try look()
            #expect(searches == counted)
            let missed = Int(try probe.read().loss.missedTotal)
            Lab.figure(
                "\(backend.rawValue): \(rows) rows, \(searches) searches, \(sums[result.pid] ?? 0) of the busy one's"
            )
            #expect((result.connects - missed...result.connects).contains(Int(sums[result.pid] ?? 0)))
            let all = connects + result.connects
            #expect((all - missed...all).contains(Int(searches)))
        }
    }
}
