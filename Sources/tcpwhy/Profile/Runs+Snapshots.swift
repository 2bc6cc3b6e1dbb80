// SPDX-License-Identifier: Apache-2.0
import Model

extension ProfileRun {
    init(_ samples: Interval<SampleTotals>) {
        let how = samples.sampling
        self.init(
            taken: samples.taken, loss: samples.loss, clock: how.clock, frequency: how.frequency,
            cpus: how.cpus, duration: samples.duration)
    }
}

extension WeighedRun {
    /// The stacks' sum, and beside it that of the rows which `tcpwhy ports` shows.
    static func searches(
        _ weight: StackWeight, from first: PortsSnapshot, to last: PortsSnapshot
    ) -> WeighedRun {
        let rows = [last.connects, last.ended].lazy.joined().map(\.value)
        let found = weight == .portTime ? rows.map(\.search) : rows.map(\.tried)
        let method = weight == .portTime ? nil : last.method
        var run = WeighedRun(
            weight: weight, subject: .searches(found.reduce(0) { $0 &+ ($1?.count ?? 0) }, method),
            backend: last.backend, duration: Double(last.time - first.time) / 1e9)
        if let searches = last.searches { run.take(searches) }
        run.counted = found.reduce(0) { $0 &+ ($1?.sum ?? 0) }
        run.loss = last.loss
        return run
    }

    static func drops(from first: DropWays, to last: DropWays) -> WeighedRun {
        var run = WeighedRun(
            weight: .drops,
            subject: .drops(.init(syns: last.syns, unclear: last.unclear, hasReasons: last.hasReasons)),
            backend: last.backend, duration: Double(last.time - first.time) / 1e9)
        run.take(last.stacks)
        run.counted = last.packets &+ (last.syns ?? 0)
        run.mostFrames = last.mostFrames
        run.loss = last.loss
        return run
    }

    /// What found no room in the kernel's tables is known as a number only.
    private mutating func take(_ costs: StackCosts) {
        total = costs.rows.total
        withoutStack = costs.loss.withoutStack &+ costs.loss.unplaced
        truncated = costs.loss.truncated
        others = costs.loss.others
        depth = costs.loss.depth
    }
}
