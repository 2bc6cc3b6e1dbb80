// SPDX-License-Identifier: Apache-2.0
import Model
import Seeded
import Testing

@Suite struct HotspotsTests {
    private static func kernel(_ symbol: String?, _ module: String = "kernel") -> FunctionName {
        FunctionName(symbol: symbol, module: module, isKernel: true)
    }

    private static func user(_ symbol: String?) -> FunctionName {
        FunctionName(symbol: symbol, module: "nginx", isKernel: false)
    }

    /// Innermost first.
    private static let search = [
        "__inet_check_established", "__inet_hash_connect", "inet_hash_connect", "tcp_v4_connect",
        "do_syscall_64",
    ].map { kernel($0) }

    @Test func theInnermostIsSelfAndAllAreInTotal() {
        var counts = HotspotsCounts()
        counts.add([Self.kernel("a"), Self.kernel("b"), Self.user("main")], count: 3)
        counts.add([Self.kernel("b"), Self.user("main")], count: 2)
        #expect(counts.functions[Self.kernel("a")] == FunctionCount(own: 3, total: 3))
        #expect(counts.functions[Self.kernel("b")] == FunctionCount(own: 2, total: 5))
        #expect(counts.functions[Self.user("main")] == FunctionCount(own: 0, total: 5))
        #expect(counts.samples == 5)
    }

    @Test func recursionCountsOnce() {
        var counts = HotspotsCounts()
        counts.add([Self.user("f"), Self.user("f"), Self.user("g"), Self.user("f")], count: 4)
        #expect(counts.functions[Self.user("f")] == FunctionCount(own: 4, total: 4))
    }

    @Test func selfOverAllFunctionsIsAllSamples() {
        var random = SeededGenerator(seed: 7)
        var counts = HotspotsCounts()
        var parts = [HotspotsCounts(), HotspotsCounts()]
        for index in 0..<500 {
            let depth = Int.random(in: 1...12, using: &random)
            let stack = (0..<depth).map { _ in
                Bool.random(using: &random)
                    ? Self.kernel(PortFunction.allCases.randomElement(using: &random)!.rawValue)
                    : Self.user(Int.random(in: 0...5, using: &random) == 0 ? nil : "f\(depth)")
            }
            let count = UInt64.random(in: 1...9, using: &random)
            counts.add(stack, count: count)
            parts[index % 2].add(stack, count: count)
        }
        let own = counts.functions.values.reduce(0) { $0 + $1.own }
        #expect(own == counts.samples)
        #expect(counts.functions.values.allSatisfy { $0.own <= $0.total && $0.total <= counts.samples })
        #expect(counts.search <= counts.samples)
        parts[0].merge(parts[1])
        #expect(parts[0].functions == counts.functions && parts[0].allocation == counts.allocation)
        #expect(parts[0].search == counts.search && parts[0].samples == counts.samples)
    }

    @Test func aSampleOfASearchCountsOnce() {
        var counts = HotspotsCounts()
        counts.add(Self.search, count: 5)
        counts.add([Self.kernel("tcp_v4_connect")], count: 2)
        counts.add([Self.kernel("_raw_spin_lock"), Self.kernel("inet_csk_get_port")], count: 1)
        #expect(counts.search == 6)
        #expect(counts.allocation[.tcp4Connect] == FunctionCount(own: 2, total: 7))
        #expect(counts.allocation[.checkEstablished4] == FunctionCount(own: 5, total: 5))
        #expect(counts.allocation[.hashConnect] == FunctionCount(own: 0, total: 5))
        #expect(counts.allocation[.tcp6Connect] == nil)
    }

    @Test(arguments: [
        "__inet_hash_connect", "__inet_hash_connect.isra.0", "__inet_hash_connect.constprop.0",
        "__inet_hash_connect.part.0.cold",
    ])
    func partsThatTheCompilerSplitOffAreTheFunction(symbol: String) {
        #expect(PortFunction(Self.kernel(symbol)) == .hashConnect)
        var counts = HotspotsCounts()
        counts.add([Self.kernel(symbol), Self.kernel("__inet_hash_connect")], count: 1)
        #expect(counts.allocation[.hashConnect] == FunctionCount(own: 1, total: 1))
    }

    @Test func aModulesFunctionIsTheKernelsToo() {
        #expect(PortFunction(Self.kernel("inet6_hash_connect", "ipv6")) == .hashConnect6)
    }

    @Test func othersAreNone() {
        #expect(PortFunction(Self.kernel("__inet_hash_connect_more")) == nil)
        #expect(PortFunction(Self.kernel(nil)) == nil)
        #expect(PortFunction(Self.user("tcp_v4_connect")) == nil)
    }

    @Test func hiddenSymbolsAreNotASearchOfNothing() {
        var counts = HotspotsCounts()
        #expect(counts.knowsKernel)
        counts.add([Self.kernel(nil), Self.user("main")], count: 3)
        #expect(!counts.knowsKernel)
        #expect(counts.unnamed == 3)
        counts.add([Self.kernel("schedule")], count: 1)
        #expect(counts.knowsKernel)
    }

    @Test func lossIsWhatHasNoRowAndWhatHasNoStack() {
        let busy = StackSample(pid: 2, command: "b", kernel: .frames([9]), user: .frames([1]))
        let lost = StackSample(pid: 3, command: "c", kernel: .lost, user: .none)
        var samples = StackSamples()
        samples.counts = [busy: 3, lost: 2]
        (samples.taken, samples.unplaced) = (8, 3)
        let loss = SampleLoss(of: samples)
        #expect(loss.unplaced == 3 && loss.withoutStack == 2 && loss.truncated == 0)
    }

    @Test func samplesOfTwoLooksAreThoseOfOne() {
        let busy = StackSample(pid: 2, command: "b", kernel: .frames([9]), user: .frames([1]))
        let other = StackSample(pid: 3, command: "c", kernel: .none, user: .frames([2]))
        var (first, second) = (StackSamples(), StackSamples())
        first.counts = [busy: 3]
        (first.taken, first.unplaced) = (4, 1)
        second.counts = [busy: 2, other: 1]
        (second.taken, second.unplaced) = (5, 2)
        second.depth = 16
        first.add(second)
        #expect(first.counts == [busy: 5, other: 1])
        #expect(first.taken == 9 && first.unplaced == 3 && first.depth == 16)
    }

    @Test func searchTimeOfAnInterval() {
        let earlier = SearchTime.measured(nanoseconds: 100, missed: 1, backend: .fentry)
        let later = SearchTime.measured(nanoseconds: 250, missed: 1, backend: .fentry)
        #expect(later.since(earlier) == .measured(nanoseconds: 150, missed: 0, backend: .fentry))
        #expect(SearchTime.unknown("why").since(.unknown("why")) == .unknown("why"))
    }

    /// Functions come and go, three times as many as may stay; one runs all the time.
    @Test func idleFunctionsLeaveIntoOneRow() {
        var totals = HotspotsTotals(keeping: 10)
        let busy = FunctionName(symbol: "busy", module: "a", isKernel: false)
        for round in 0..<30 {
            var interval = HotspotsCounts()
            interval.add([busy], count: 3)
            interval.add([FunctionName(symbol: "f\(round)", module: "a", isKernel: false), busy], count: 2)
            totals.add(interval)
            #expect(totals.counts.functions.count <= 12)
            #expect(
                totals.counts.functions[busy]
                    == FunctionCount(own: UInt64(3 * (round + 1)), total: UInt64(5 * (round + 1))))
        }
        let all = [totals.counts.functions, totals.ended].lazy.joined()
        #expect(totals.counts.samples == 150)
        #expect(all.reduce(0) { $0 + $1.value.own } == 150)
        let ended = FunctionName(symbol: "(ended)", module: "(ended)", isKernel: false)
        #expect((totals.ended[ended]?.own ?? 0) >= 2 * 19)
    }
}
