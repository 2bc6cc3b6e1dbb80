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
        do throws(ProbeError) {
            probe = try SearchTrace.start(options)
            reason = ""
        } catch {
            if error.code == .backendRefused { throw Failure(error) }
            (probe, reason) = (nil, error.message)
        }
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

    func stop() throws(ProbeError) { try probe?.stop(); try probe?.detach() }
}
