// SPDX-License-Identifier: Apache-2.0
import BPF
import Host
import Model
import Probes

/// The connections that services have accepted, looked at once, at the end of a run: the walk
/// over every socket of a namespace passes the kernel's whole table.
struct ServiceLook {
    private let notes: Notes
    /// Loaded before the trace: at its end the privileges for that are gone. `nil`: not asked for.
    private let probe: Result<ServiceProbe, BPFError>?

    init(isWanted: Bool, _ notes: Notes) {
        self.notes = notes
        guard isWanted else {
            probe = nil
            return
        }
        do throws(BPFError) { probe = .success(try ServiceProbe()) } catch { probe = .failure(error) }
    }

    /// By the socket that listens where they arrived; `nil`: not asked for, or not to be had.
    func look(_ listeners: [Listener], _ looks: inout NamespaceLooks) -> [Listener: ServedSockets]? {
        guard let probe else { return nil }
        let byNamespace = Dictionary(grouping: listeners, by: \.netns)
        var found: [Listener: ServedSockets] = [:]
        do {
            let probe = try probe.get()
            try looks.inEach(anew: true) { (_, _, namespace) throws in
                guard let here = byNamespace[namespace.inode] else { return }
                let ports = Set(here.map(\.port))
                let sockets = try inNetworkNamespace(namespace) { try probe.countHere(ports) }
                found.merge(ServedSockets.byListener(sockets, here)) { $1 }
            }
            if probe.uncounted > 0 {
                notes.note(
                    "services", "\(probe.uncounted) connections are at more addresses than can be told apart")
            }
        } catch {
            notes.note("services", "what services do not read is not known: \(error)")
            return nil
        }
        return found
    }
}
