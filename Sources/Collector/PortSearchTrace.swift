// SPDX-License-Identifier: Apache-2.0
import BPF
import Model
import Probes

/// Traces searches for a port by a backend that sees every one of them and leaves stacks whole.
enum PortSearchTrace {
    /// By `options.backend`, or the first that works.
    static func start(_ options: ConnectOptions) throws(BPFError) -> ConnectProbe {
        let hides = !ReturnProbes.keepCallers()
        switch options.backend {
        case .tracepoint:
            throw BPFError(.cannotTrace, saying: "backend tracepoint does not see searches that find a port")
        case .kprobe where hides:
            throw BPFError(
                .cannotTrace,
                saying: "by kprobe it would hide callers from this kernel's stacks (before Linux 5.15)")
        default: break
        }
        // Tracepoints would cost something and say nothing of this.
        let forced = options.backend
        for backend in forced.map({ [$0] }) ?? (hides ? [.fentry] : [.fentry, .kprobe]) {
            var options = options
            options.backend = backend
            do throws(BPFError) { return try ConnectProbe(options) } catch {
                if forced != nil { throw error }
            }
        }
        throw BPFError(
            .cannotTrace,
            saying:
                "it takes fentry or, since Linux 5.15, kprobes, and neither works here; 'tcpwhy check' says why"
        )
    }
}
