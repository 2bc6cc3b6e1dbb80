// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Report

@Suite struct WeighedTests {
    private func searches(_ weight: StackWeight, _ count: UInt64 = 40) -> WeighedRun {
        var run = WeighedRun(
            weight: weight, subject: .searches(count, weight == .portsTried ? .derived : nil),
            backend: .fentry, duration: 10.02)
        run.total = 81234
        run.counted = 81234
        return run
    }

    private func drops(syns: UInt64?, unclear: UInt64 = 0, hasReasons: Bool = true) -> WeighedRun {
        var run = WeighedRun(
            weight: .drops,
            subject: .drops(.init(syns: syns, unclear: unclear, hasReasons: hasReasons)),
            backend: syns == nil ? .tracepoint : .kprobe, duration: 2)
        run.total = 1900
        run.counted = 1900
        run.depth = 64
        run.mostFrames = 64
        return run
    }

    @Test func saysHowMuchInHowManySearches() {
        #expect(
            WeighedText.summary(searches(.portTime))
                == "81,234 ns in 40 searches for a port in 10s, backend fentry")
        #expect(
            WeighedText.summary(searches(.portsTried, 1))
                == "81,234 ports in 1 search for a port in 10s, backend fentry, derived")
    }

    @Test func saysWhatIsWrongWithStacks() {
        var run = searches(.portTime)
        run.truncated = 1200
        run.depth = 16
        run.withoutStack = 34
        run.loss.missed = ["fexit_search": 2]
        #expect(
            WeighedText.summary(run)
                == "81,234 ns in 40 searches for a port in 10s, backend fentry; of them 1,200 ns with a stack "
                + "truncated at 16 frames (kernel.perf_event_max_stack), 34 ns without their stack (table full)\n"
                + "lost: 2 probe misses (fexit_search 2)")
    }

    @Test func aSumThatIsNotTheStacksIsShown() {
        var run = searches(.portTime)
        run.counted = 81300
        #expect(WeighedText.summary(run).hasSuffix("\nthe kernel has 81,300 ns in all"))
    }

    @Test func saysWhichPacketsAreNotAmongTheDrops() {
        #expect(
            WeighedText.summary(drops(syns: 1871))
                == "1,900 packets dropped, 1,871 of them SYNs by listening sockets in 2s, backend kprobe")
        #expect(
            WeighedText.summary(drops(syns: nil, unclear: 3, hasReasons: false))
                == """
                1,900 packets dropped in 2s, backend tracepoint
                SYNs that listening sockets drop are not among them: backend tracepoint does not see those
                3 packets freed without a reason are not among them: no drops, as far as can be told
                this kernel gives no reasons (Linux 5.17 does)
                """)
    }

    @Test func namesThePicture() {
        #expect(StackWeight.allCases.map(\.unit) == ["samples", "ns", "ports", "packets"])
        #expect(Set(StackWeight.allCases.map(WeighedText.title)).count == 4)
        #expect(WeighedText.subtitle(searches(.portTime)) == "81,234 ns in 40 searches for a port, 10s")
    }

    @Test func jsonHasBothSums() {
        let stack = NamedStack(owner: nil, frames: ["nf_hook_slow_[k]", "NETFILTER_DROP"], count: 29)
        var run = drops(syns: 1871, unclear: 5)
        run.withoutStack = 2
        #expect(
            String(decoding: WeighedJSON.write([stack], run), as: UTF8.self) == """
                {"kind":"stack","pid":null,"comm":null,"frames":["nf_hook_slow_[k]","NETFILTER_DROP"],"count":29}
                {"kind":"summary","weight":"drops","unit":"packets","total":1900,"counted":1900,"syns":1871,\
                "unclear":5,"without_stack":2,"truncated":0,"max_frames":64,\
                "lost":{"ring":0,"map":0,"missed":0},"missed_by_probe":{},"backend":"kprobe","duration_s":2,"others":0}

                """)
        let searches = String(decoding: WeighedJSON.write([], searches(.portsTried)), as: UTF8.self)
        #expect(searches.contains("\"unit\":\"ports\",\"total\":81234,\"counted\":81234,\"searches\":40"))
        #expect(searches.contains("\"method\":\"derived\""))
    }
}
