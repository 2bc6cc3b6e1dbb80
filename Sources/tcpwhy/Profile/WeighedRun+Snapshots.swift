// SPDX-License-Identifier: Apache-2.0
import Model

extension ProfileRun {
    init(_ samples: Interval<SampleTotals>) {
        let how = samples.sampling
        self.init(
            samples: samples.stacks ?? StackSamples(), clock: how.clock, frequency: how.frequency,
            cpus: how.cpus, duration: samples.duration)
    }
}

extension WeighedRun {
    /// The stacks' sum, and beside it that of the rows which `tcpwhy ports` shows.
    static func searches(
        _ weight: StackWeight, from first: PortsSnapshot, to last: PortsSnapshot
    ) -> (StackSamples, WeighedRun) {
        let samples =
            last.searches?.samples(of: weight == .portTime ? \.nanoseconds : \.tried) ?? StackSamples()
        let rows = [last.connects, last.ended].lazy.joined().map(\.value)
        let found = weight == .portTime ? rows.map(\.search) : rows.map(\.tried)
        let method = weight == .portTime ? nil : last.method
        var run = WeighedRun(
            weight: weight, subject: .searches(found.reduce(0) { $0 &+ ($1?.count ?? 0) }, method),
            backend: last.backend, duration: Double(last.time - first.time) / 1e9)
        run.total = samples.placed
        run.counted = found.reduce(0) { $0 &+ ($1?.sum ?? 0) }
        run.withoutStack = samples.withoutStack
        run.truncated = samples.truncated
        run.depth = samples.depth
        run.loss = last.loss
        return (samples, run)
    }

    static func drops(from first: DropWays, to last: DropWays) -> WeighedRun {
        let ways = last.all
        var run = WeighedRun(
            weight: .drops,
            subject: .drops(
                .init(syns: last.syns?.all, unclear: last.unclear, hasReasons: last.hasReasons)),
            backend: last.backend, duration: Double(last.time - first.time) / 1e9)
        run.counted = last.lost.values.reduce(0, &+) &+ last.withoutRow &+ (last.syns?.all ?? 0)
        run.total = ways.values.reduce(0, &+) &+ last.others
        run.withoutStack = ways.filter { $0.key.extent == .lost }.values.reduce(last.others, &+)
        run.truncated = ways.filter { $0.key.extent == .truncated }.values.reduce(0, &+)
        run.depth = last.depth
        run.mostFrames = last.mostFrames
        run.loss = last.loss
        return run
    }
}

extension DropWays {
    /// What found no room in the tables of rows: a number only.
    var others: UInt64 { withoutRow &+ (syns?.withoutRow ?? 0) }
}
