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

    /// Of both backends, where the search begins. Its stacks end there.
    private static let searches = [
        "fentry_search": "__inet_hash_connect", "fentry_bind": "inet_csk_get_port",
    ]

    init(_ options: ConnectOptions, _ weight: StackWeight) throws {
        self.weight = weight
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

    mutating func run(seconds: Double?) throws -> (samples: StackSamples, run: WeighedRun) {
        let loop = try ReportLoop(every: 3600)
        let start = HostClock.monotonicNanoseconds()
        let end = seconds.map { start + UInt64($0 * 1e9) }
        var ring = try probe.openProcessRing()
        Output.tracing(probe.coverage.backend)
        let descriptor = ring.descriptor
        try loop.run(reports: nil, until: end, watching: descriptor) {
            note(&ring)
        } report: {
        }
        let duration = Double(HostClock.monotonicNanoseconds() - start) / 1e9
        do throws(ProbeError) {
            // While trampolines are there they have names.
            names.lookUp(try probe.searches().samples(of: \.searches))
            try probe.stop()
            try probe.detach()
        } catch {
            throw Failure(error)
        }
        note(&ring)
        return try result(duration)
    }

    private func note(_ ring: inout RingBuffer) {
        ring.consume { record in
            if let pid = probe.process(record) { users.note(pid: pid) }
        }
    }

    /// The stacks' sum, and beside it that of the rows which `tcpwhy ports` shows.
    private func result(_ duration: Double) throws -> (StackSamples, WeighedRun) {
        let reading: ConnectProbe.Reading
        let samples: StackSamples
        do throws(ProbeError) {
            reading = try probe.read()
            let searches = try probe.searches()
            samples = searches.samples(of: weight == .portTime ? \.nanoseconds : \.tried)
        } catch {
            throw Failure(error)
        }
        let rows = [reading.connects, reading.ended].lazy.joined().map(\.value)
        let found = weight == .portTime ? rows.map(\.search) : rows.map(\.tried)
        let method = weight == .portTime ? nil : probe.coverage.method
        var run = WeighedRun(
            weight: weight, subject: .searches(found.reduce(0) { $0 &+ ($1?.count ?? 0) }, method),
            backend: probe.coverage.backend, duration: duration)
        run.total = samples.placed
        run.counted = found.reduce(0) { $0 &+ ($1?.sum ?? 0) }
        run.withoutStack = samples.withoutStack
        run.truncated = samples.truncated
        run.depth = samples.depth
        run.loss = reading.loss
        return (samples, run)
    }

    /// By the names of their functions, the outermost first.
    mutating func named(_ samples: StackSamples) -> [NamedStack] {
        names.stacks(of: samples, endingIn: Self.searches)
    }
}
