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

    init(
        _ question: SamplesQuestion, of questions: Questions, in places: Places, _ names: inout FrameNames
    ) throws(ProbeError) {
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
        if question.form.isStacks { last.stacks = StackSamples() }
    }

    var descriptors: [Int32] { [ring.descriptor] }

    func drain(_ names: FrameNames) {
        ring.consume { [probe] record in
            if let pid = probe.receive(record) { names.note(pid: pid) }
        }
    }

    /// From here on samples count: what was taken while other probes were attached does not.
    func begin(_ names: FrameNames) throws(ProbeError) {
        drain(names)
        _ = try probe.takeSamples()
        last.cpus = try Self.cpuTimes(question.cpus)
        last.time = HostClock.monotonicNanoseconds()
    }

    /// - Parameter isLast: after `stop`.
    func read(_ names: inout FrameNames, isLast: Bool) throws(ProbeError) {
        if question.form == .functions(atEnd: true) && !isLast { return }
        drain(names)
        let new = try probe.takeSamples()
        // Finding names takes its time after that.
        last.cpus = try Self.cpuTimes(question.cpus)
        last.time = stopped ?? HostClock.monotonicNanoseconds()
        last.wallTime = HostClock.wallSeconds()
        last.loss.merge(SampleLoss(of: new))
        switch question.form {
        case .functions:
            names.name(new)
            last.counts.merge(names.table.counts(of: new))
        case .stacks(let naming):
            last.stacks?.add(new)
            if !isLast {
                if naming.user { names.readFiles(of: new) }
            } else if let all = last.stacks {
                names.name(all, naming)
            }
        }
    }

    /// No more samples.
    func stop() {
        probe.stop()
        stopped = HostClock.monotonicNanoseconds()
    }

    private static func cpuTimes(_ wanted: [Int32]?) throws(ProbeError) -> CPUTimes {
        let times: CPUTimes
        do throws(HostError) { times = try CPUTimes.current() } catch {
            throw ProbeError(.cannotTrace, "\(error)")
        }
        guard let wanted = wanted.map(Set.init) else { return times }
        return times.filter { wanted.contains($0.key) }
    }
}

extension Questions {
    /// Whether only some of what runs is sampled.
    fileprivate var isFilter: Bool { pid != nil || command != nil || netns != nil || cgroup != nil }
}
