// SPDX-License-Identifier: Apache-2.0
import Model
import Probes

/// How often a conntrack table was full: exactly, or else by the kernel's counter, and why.
struct ConntrackWatch {
    private let listeners: ListenerProbe
    private let probe: ConntrackProbe?
    /// Why there is no probe.
    private let refusal: ProbeError?
    private var saidWhy = false
    private var saidError = false

    /// - Parameter listeners: whoever reads the tables.
    init(netns: UInt32?, backend: Backend?, beside listeners: ListenerProbe) {
        self.listeners = listeners
        // What works for the one mostly works for the other; where not, the next one may.
        let wanted = backend ?? (listeners.backend == .tracepoint ? .tracepoint : nil)
        do throws(ProbeError) {
            probe = try ConntrackProbe(netns: netns, backend: wanted)
            refusal = nil
        } catch {
            probe = nil
            refusal = error
        }
    }

    /// Puts the exact numbers in place of the kernel's counters.
    func complete(_ snapshot: inout DropsSnapshot) throws(ProbeError) {
        guard let probe else { return }
        let full = try probe.full()
        snapshot.totals.setConntrackFull(full, by: probe.backend)
        snapshot.loss.merge(try probe.loss())
    }

    /// Says once why the kernel's counters stand in, as soon as there are some; and what
    /// could not be read. Without probes that goes without saying.
    mutating func explain(_ snapshot: DropsSnapshot) {
        if let refusal, !saidWhy, !snapshot.conntrack.isEmpty, listeners.backend != .tracepoint {
            saidWhy = true
            Output.error("tcpwhy: conntrack by the kernel's counter, not exact: \(refusal)\n")
        }
        if let error = listeners.conntrackError, !saidError {
            saidError = true
            Output.error("tcpwhy: not every conntrack table is known: \(error)\n")
        }
    }

    func loss() throws(ProbeError) -> Loss? { try probe?.loss() }

    func detach() throws(ProbeError) { try probe?.detach() }
}
