// SPDX-License-Identifier: Apache-2.0
import BPF
import Host
import Model
import Probes
import Symbols

/// One run of `tcpwhy profile`: from the first sample to the last.
struct ProfileSession {
    private let probe: SampleProbe
    private let frequency: UInt64
    private let cpus: Int
    private let users = UserSymbols()
    private var names: FrameNames

    /// - Parameter kernel: whether the kernel's functions will be named, too.
    init(_ options: SampleOptions, kernel: Bool) throws {
        frequency = options.frequency
        names = FrameNames(users)
        if kernel { names.readKernel() }
        do throws(ProbeError) {
            probe = try SampleProbe(options)
            cpus = probe.cpus
        } catch {
            throw Failure(error)
        }
    }

    mutating func run(seconds: Double?) throws -> ProfileRun {
        let loop = try ReportLoop(every: 3600)
        let start = HostClock.monotonicNanoseconds()
        let end = seconds.map { start + UInt64($0 * 1e9) }
        var ring = try probe.openRing()
        Output.sampling(cpus, frequency, probe.clock)
        let descriptor = ring.descriptor
        try loop.run(reports: nil, until: end, watching: descriptor) {
            drain(&ring)
        } report: {
        }
        probe.stop()
        let duration = Double(HostClock.monotonicNanoseconds() - start) / 1e9
        drain(&ring)
        return ProfileRun(
            samples: try probe.takeSamples(), clock: probe.clock.rawValue, frequency: frequency, cpus: cpus,
            duration: duration)
    }

    private func drain(_ ring: inout RingBuffer) {
        ring.consume { record in
            if let pid = probe.receive(record) { users.note(pid: pid) }
        }
    }

    /// The samples by the names of their functions, the outermost first.
    mutating func named(_ samples: StackSamples) -> [NamedStack] {
        names.stacks(of: samples)
    }
}
