// SPDX-License-Identifier: Apache-2.0
import BPF
import Host
import Model
import Probes

/// Samples of what the CPUs run, and the CPUs' times.
final class SamplesPart {
    private let probe: SampleProbe
    private let question: SamplesQuestion
    private var ring: RingBuffer
    private(set) var last: SamplesSnapshot
    /// When sampling ended.
    private var stopped: UInt64?
    /// By function, since the last reading that was shown; and up to that one.
    private var fresh = HotspotsCounts()
    private var totals = HotspotsTotals()
    /// Of processes that are there: they are named as late as can be, since a compiler may still be
    /// writing the names.
    private var unnamed = StackSamples()

    /// Stacks; what is beyond gets its names at once, which take less room.
    private static let mostUnnamed = 8192

    init(
        _ question: SamplesQuestion, of questions: Questions, in places: Places, _ names: inout FrameNames
    ) throws(BPFError) {
        self.question = question
        var options = SampleOptions()
        options.pid = questions.pid
        options.command = questions.command
        options.netns = places.netns?.inode
        options.cgroup = places.cgroupDescriptor
        options.cpus = question.cpus
        options.frequency = question.frequency
        if case .stacks(let naming) = question.form, naming.kernel { names.readKernel() }
        let probe = try SampleProbe(options)
        self.probe = probe
        ring = try probe.openRing()
        last = Reading(
            time: HostClock.monotonicNanoseconds(), wallTime: HostClock.wallSeconds(),
            SampleTotals(
                sampling: Sampling(
                    clock: probe.clock.rawValue, frequency: question.frequency, cpus: probe.cpus,
                    isFiltered: questions.isFilter),
                cpus: try Self.cpuTimes(question.cpus)))
        if case .stacks(let naming) = question.form {
            last.stacks = StackRows(keepsProcesses: naming.keepsProcesses)
        }
    }

    var descriptors: [Int32] { [ring.descriptor] }

    func drain(_ names: FrameNames) {
        ring.consume { [probe] record in
            if let pid = probe.receive(record) { names.note(pid: pid) }
        }
    }

    /// From here on samples count: what was taken while other probes were attached does not.
    func begin(_ names: FrameNames) throws(BPFError) {
        _ = try probe.takeSamples { drain(names) }
        last.cpus = try Self.cpuTimes(question.cpus)
        last.time = HostClock.monotonicNanoseconds()
    }

    /// From here on what is sampled is for the reading after the next.
    func turn() throws(BPFError) { try probe.turn() }

    /// - Parameters:
    ///   - ended: processes of which there are no samples after these.
    ///   - isShown: whether an interval ends here.
    ///   - isLast: after `stop`.
    func read(
        _ names: inout FrameNames, ended: [UInt32], isShown: Bool, isLast: Bool
    ) throws(BPFError) {
        let new = try probe.takeSamples { drain(names) }
        // Finding names takes its time after that.
        last.cpus = try Self.cpuTimes(question.cpus)
        last.time = stopped ?? HostClock.monotonicNanoseconds()
        last.wallTime = HostClock.wallSeconds()
        last.taken &+= new.taken
        try probe.forget(ended)
        switch question.form {
        case .functions:
            last.loss.merge(SampleLoss(of: new))
            fresh.merge(names.counts(of: new))
            if isShown { settle() }
        case .stacks(let naming):
            add(new, naming, names)
            let isFull = unnamed.counts.count > Self.mostUnnamed
            let areEnded = Set(ended)
            name(&names) { isLast || isFull || areEnded.contains($0.pid) }
        }
    }

    /// A function that was idle in all of an interval may leave, no other.
    private func settle() {
        totals.add(fresh)
        fresh = HotspotsCounts()
        (last.counts, last.ended) = (totals.counts, totals.ended)
    }

    private func add(_ new: StackSamples, _ naming: StackNaming, _ names: FrameNames) {
        var new = new
        naming.leaveOut(from: &new)
        if naming.user { names.readFiles(of: new) }
        last.loss.merge(SampleLoss(of: new))
        unnamed.add(new)
    }

    /// Moves samples to the rows of their names.
    private func name(_ names: inout FrameNames, _ isWanted: (StackSample) -> Bool) {
        var samples = StackSamples()
        samples.depth = unnamed.depth
        samples.counts = unnamed.counts.filter { isWanted($0.key) }
        guard !samples.counts.isEmpty else { return }
        for sample in samples.counts.keys { unnamed.counts[sample] = nil }
        last.stacks?.add(names.stacks(of: samples))
        last.loss.others = last.stacks?.others ?? 0
    }

    /// No more samples.
    func stop() {
        probe.stop()
        stopped = HostClock.monotonicNanoseconds()
    }

    private static func cpuTimes(_ wanted: [Int32]?) throws(BPFError) -> CPUTimes {
        let times: CPUTimes
        do throws(HostError) { times = try CPUTimes.current() } catch {
            throw BPFError(.cannotTrace, saying: "\(error)")
        }
        guard let wanted = wanted.map(Set.init) else { return times }
        return times.filter { wanted.contains($0.key) }
    }
}

extension Questions {
    /// Whether only some of what runs is sampled.
    fileprivate var isFilter: Bool { pid != nil || command != nil || netns != nil || cgroup != nil }
}
