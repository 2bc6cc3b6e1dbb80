// SPDX-License-Identifier: Apache-2.0
import BPF
import Host
import Model
import Probes
import Symbols

/// One run of `tcpwhy profile --weight port-time` or `ports-tried`.
struct SearchProfile {
    private let probe: ConnectProbe
    private let weight: StackWeight
    private let users = UserSymbols()
    private var names: FrameNames
    private var rows: StackRows
    private let parts: ProfileSession.Parts
    private var reading = ConnectProbe.Reading()
    /// Of searches in rows.
    private var placed: UInt64 = 0
    private var loss = SampleLoss()
    /// Of those for which the kernel's table had no room.
    private var withoutRow: UInt64 = 0

    /// Seconds between looks: the kernel's tables hold what was since the last.
    private static let pace = 1.0

    /// Of both backends, where the search begins. Its stacks end there.
    private static let searches = [
        "fentry_search": "__inet_hash_connect", "fentry_bind": "inet_csk_get_port",
    ]

    init(
        _ options: ConnectOptions, _ weight: StackWeight, _ parts: ProfileSession.Parts, keepsProcesses: Bool
    ) throws {
        self.weight = weight
        self.parts = parts
        rows = StackRows(keepsProcesses: keepsProcesses)
        names = FrameNames(users)
        var options = options
        options.stacks = true
        do throws(ProbeError) {
            probe = try SearchTrace.start(options)
        } catch {
            throw Failure(
                code: Failure(error).code, message: "no --weight \(weight.rawValue): \(error.message)")
        }
        if weight == .portsTried, probe.coverage.method == nil {
            throw Failure.cannotTrace(
                "no --weight ports-tried: nothing here shows how many ports a search tried")
        }
    }

    mutating func run(seconds: Double?) throws -> (stacks: [NamedStack], run: WeighedRun) {
        let loop = try ReportLoop(every: Self.pace)
        let start = HostClock.monotonicNanoseconds()
        let end = seconds.map { start + UInt64($0 * 1e9) }
        var ring = try probe.openProcessRing()
        Output.tracing(probe.coverage.backend)
        let descriptor = ring.descriptor
        try loop.run(reports: nil, until: end, watching: descriptor) {
            note(&ring)
        } report: {
            try take(&ring)
        }
        let duration = Double(HostClock.monotonicNanoseconds() - start) / 1e9
        // While trampolines are there they have names.
        try take(&ring)
        do throws(ProbeError) { try probe.stop() } catch { throw Failure(error) }
        try take(&ring)
        return (rows.stacks, weighed(duration))
    }

    private func note(_ ring: inout RingBuffer) {
        ring.consume { record in
            if let pid = probe.process(record) { users.note(pid: pid) }
        }
    }

    private mutating func take(_ ring: inout RingBuffer) throws {
        // Before the searches are taken out: of these there will be no more.
        let ended = users.ended()
        do throws(ProbeError) {
            reading = try probe.read()
            try probe.forget(ended)
        } catch {
            throw Failure(error)
        }
        note(&ring)
        var samples = probe.takeSearches().samples(of: weight == .portTime ? \.nanoseconds : \.tried)
        if let others = samples.counts.removeValue(forKey: .otherSearches) {
            rows.addOthers(others)
            withoutRow &+= others
        }
        parts.leaveOut(from: &samples)
        placed &+= samples.placed
        loss.merge(SampleLoss(of: samples))
        rows.add(names.stacks(of: samples, endingIn: Self.searches))
        names.forget(ended)
    }

    /// The stacks' sum, and beside it that of the rows which `tcpwhy ports` shows.
    private func weighed(_ duration: Double) -> WeighedRun {
        let connects = [reading.connects, reading.ended].lazy.joined().map(\.value)
        let found = weight == .portTime ? connects.map(\.search) : connects.map(\.tried)
        let method = weight == .portTime ? nil : probe.coverage.method
        var run = WeighedRun(
            weight: weight, subject: .searches(found.reduce(0) { $0 &+ ($1?.count ?? 0) }, method),
            backend: probe.coverage.backend, duration: duration)
        run.total = placed &+ withoutRow
        run.counted = found.reduce(0) { $0 &+ ($1?.sum ?? 0) }
        run.withoutStack = loss.withoutStack &+ withoutRow
        run.truncated = loss.truncated
        run.depth = loss.depth
        run.others = rows.others &- withoutRow
        run.loss = reading.loss
        return run
    }
}
