// SPDX-License-Identifier: Apache-2.0
import BPF
import Host
import Model
import Probes
import Symbols

/// One run of `tcpwhy profile`: from the first sample to the last.
struct ProfileSession {
    /// Whose stacks are wanted.
    struct Parts {
        var kernel = true
        var user = true

        func leaveOut(from samples: inout StackSamples) {
            if !kernel { samples.dropKernelStacks() }
            if !user { samples.dropUserStacks() }
        }
    }

    private let probe: SampleProbe
    private let frequency: UInt64
    private let parts: Parts
    private let users = UserSymbols()
    private var names: FrameNames
    private var rows: StackRows
    private var taken: UInt64 = 0
    private var loss = SampleLoss()
    /// Of processes that are there: they are named as late as can be, since a compiler may still be
    /// writing the names.
    private var unnamed = StackSamples()

    /// Seconds between looks at the samples so far: what they lead to is read then, and the end does not
    /// wait for it.
    private static let pace = 1.0
    /// Stacks; what is beyond gets its names at once, which take less room.
    private static let mostUnnamed = 8192

    /// - Parameter keepsProcesses: whether stacks of one name are told apart by their process.
    init(_ options: SampleOptions, _ parts: Parts, keepsProcesses: Bool) throws {
        self.parts = parts
        frequency = options.frequency
        rows = StackRows(keepsProcesses: keepsProcesses)
        names = FrameNames(users)
        if parts.kernel { names.readKernel() }
        do throws(ProbeError) { probe = try SampleProbe(options) } catch { throw Failure(error) }
    }

    mutating func run(seconds: Double?) throws -> (stacks: [NamedStack], run: ProfileRun) {
        let loop = try ReportLoop(every: Self.pace)
        let start = HostClock.monotonicNanoseconds()
        let end = seconds.map { start + UInt64($0 * 1e9) }
        var ring = try probe.openRing()
        Output.sampling(probe.cpus, frequency, probe.clock)
        let descriptor = ring.descriptor
        try loop.run(reports: nil, until: end, watching: descriptor) {
            drain(&ring)
        } report: {
            try take(&ring)
        }
        let cpus = probe.cpus
        probe.stop()
        let duration = Double(HostClock.monotonicNanoseconds() - start) / 1e9
        try take(&ring)
        name { _ in true }
        loss.others = rows.others
        return (
            rows.stacks,
            ProfileRun(
                taken: taken, loss: loss, clock: probe.clock.rawValue, frequency: frequency, cpus: cpus,
                duration: duration)
        )
    }

    private mutating func take(_ ring: inout RingBuffer) throws {
        // Before the samples are taken out: of these there will be no more.
        let ended = users.ended()
        var new: StackSamples
        do throws(ProbeError) {
            new = try probe.takeSamples { drain(&ring) }
            try probe.forget(ended)
        } catch {
            throw Failure(error)
        }
        parts.leaveOut(from: &new)
        if parts.user { names.readFiles(of: new) }
        taken += new.taken
        loss.merge(SampleLoss(of: new))
        unnamed.add(new)
        let isFull = unnamed.counts.count > Self.mostUnnamed
        let areEnded = Set(ended)
        name { isFull || areEnded.contains($0.pid) }
        names.forget(ended)
    }

    /// Moves samples to the rows of their names.
    private mutating func name(_ isWanted: (StackSample) -> Bool) {
        var samples = StackSamples()
        samples.depth = unnamed.depth
        samples.counts = unnamed.counts.filter { isWanted($0.key) }
        guard !samples.counts.isEmpty else { return }
        for sample in samples.counts.keys { unnamed.counts[sample] = nil }
        rows.add(names.stacks(of: samples))
    }

    private func drain(_ ring: inout RingBuffer) {
        ring.consume { record in
            if let pid = probe.receive(record) { users.note(pid: pid) }
        }
    }
}
