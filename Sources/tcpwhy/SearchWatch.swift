// SPDX-License-Identifier: Apache-2.0
import Model
import Probes

/// The time of all searches for a port, beside samples of them; a reason where it is not to be had.
struct SearchWatch {
    private let probe: ConnectProbe?
    private let reason: String

    /// - Parameters:
    ///   - options: whose connects and binds to measure.
    ///   - cpus: only these were sampled; searches are not told apart by CPU.
    init(_ options: ConnectOptions, cpus: [Int32]?) throws {
        if cpus != nil {
            (probe, reason) = (nil, "it is not known by CPU (--cpu)")
            return
        }
        if options.backend == .tracepoint {
            (probe, reason) = (nil, "backend tracepoint does not see searches that find a port")
            return
        }
        let hides = !ReturnProbes.keepCallers()
        if hides, options.backend == .kprobe {
            (probe, reason) = (nil, "by kprobe it would hide callers from this kernel's stacks")
            return
        }
        var refusal: ProbeError?
        var found: ConnectProbe?
        // Tracepoints would cost something and say nothing of this.
        for backend in options.backend.map({ [$0] }) ?? (hides ? [.fentry] : [.fentry, .kprobe])
        where found == nil {
            var options = options
            options.backend = backend
            do throws(ProbeError) { found = try ConnectProbe(options) } catch { refusal = error }
        }
        if let refusal, found == nil, options.backend != nil { throw Failure(refusal) }
        probe = found
        reason =
            "it takes fentry or, since Linux 5.15, kprobes, and neither works here; 'tcpwhy check' says why"
    }

    /// Since the trace began.
    func read() throws(ProbeError) -> SearchTime {
        guard let probe else { return .unknown(reason) }
        let reading = try probe.read()
        var time: UInt64 = 0
        for stats in [reading.connects, reading.ended].lazy.joined().map(\.value) {
            time &+= stats.search?.sum ?? 0
        }
        let loss = reading.loss
        return .measured(
            nanoseconds: time, missed: loss.missedTotal &+ loss.attempt, backend: probe.coverage.backend)
    }

    func stop() throws(ProbeError) { try probe?.stop() }
}
