// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Collector
import Diagnosis
import Model

/// Whom to diagnose, and by what.
struct DiagnoseOptions: ParsableArguments {
    @OptionGroup var process: ProcessOptions

    @Option(
        name: [.customShort("P"), .long],
        help: "Only sockets that listen on this port, and connects to it.")
    var port: UInt16?

    @OptionGroup var namespace: NamespaceOption

    @Option(
        help: ArgumentHelp(
            "Use fentry, kprobe or tracepoint, or fail; else the first that works.", valueName: "backend"))
    var backend: Backend?

    func validate() throws {
        if port == 0 { throw ValidationError("nothing listens on port 0") }
    }

    /// Everything is traced together; what is not to be had is left out.
    var questions: Questions {
        var ports = PortsQuestion()
        ports.ranges = .seldom
        ports.fullUnixSockets = true
        ports.need = .ifPossible
        var listeners = ListenersQuestion()
        listeners.peers = true
        listeners.accepts = .ifPossible
        listeners.packets = .ifPossible
        listeners.refused = true
        listeners.resent = .ifPossible
        listeners.conntrack = true
        listeners.acceptFailures = true
        listeners.served = true
        listeners.owners = .new
        listeners.need = .ifPossible
        var samples = SamplesQuestion(.functions)
        samples.need = .ifPossible
        var questions = Questions()
        questions.netns = namespace.netns
        questions.backend = backend
        questions.ports = ports
        questions.listeners = listeners
        questions.samples = samples
        questions.machine = true
        return questions
    }

    /// The same run as if only what was asked for had been there. What concerns the whole
    /// machine, or a namespace, stays.
    func filter(_ seen: Observation) -> Observation {
        guard process.isFilter || port != nil else { return seen }
        var seen = seen
        if case .seen(var ports) = seen.ports {
            ports.connects = ports.connects.filter {
                process.include($0.key.pid, $0.key.command.text) && (port ?? $0.key.port) == $0.key.port
            }
            ports.fullUnixSockets = ports.fullUnixSockets?.filter {
                process.include($0.key.pid, $0.key.command)
            }
            seen.ports = .seen(ports)
        }
        if case .seen(let drops) = seen.drops {
            let filtered = drops.filtered { listener, owners in
                (port ?? listener.port) == listener.port
                    && (!process.isFilter || owners.contains { process.include($0.pid, $0.command) })
            }
            seen.drops = .seen(filtered)
        }
        if process.isFilter, Self.isEmpty(seen) {
            seen.remarks.append(
                "\(process.text): none of these connected to anything or held a listening socket"
                    + (port.map { " on port \($0)" } ?? "")
                    + "; what follows is of the machine and its namespaces")
        }
        return seen
    }

    /// Whether the filter left nobody.
    private static func isEmpty(_ seen: Observation) -> Bool {
        let connects = seen.ports.value?.connects.isEmpty ?? true
        return connects && seen.drops.value?.listeners.isEmpty ?? true
            && seen.ports.value?.fullUnixSockets?.isEmpty ?? true
    }
}
