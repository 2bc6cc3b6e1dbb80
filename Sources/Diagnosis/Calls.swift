// SPDX-License-Identifier: Apache-2.0
import Model

/// All connects of a run by who called, and where to.
struct Calls {
    struct Call: Hashable {
        let destination: Destination
        let command: String
    }

    private struct Caller: Hashable {
        let netns: UInt32
        let command: String
    }

    private struct Service: Hashable {
        let caller: Caller
        let port: UInt16
        let family: AddressFamily
    }

    private(set) var byDestination: [Call: ConnectStats] = [:]
    /// Who made them.
    private(set) var processes: [Call: Set<UInt32>] = [:]
    private var successes: [Service: UInt64] = [:]
    private var connects: [Caller: UInt64] = [:]
    private var failures: [Caller: UInt64] = [:]

    static func of(_ seen: Observation) throws(NotExamined) -> Calls {
        var calls = Calls()
        for (key, stats) in try seen.ports.get().connects where key.kind == .connect && !key.isOverflow {
            guard let address = key.destination else { continue }
            let caller = Caller(netns: key.netns, command: key.command.text)
            let call = Call(
                destination: Destination(netns: key.netns, address: address, port: key.port),
                command: caller.command)
            calls.byDestination[call, default: ConnectStats()].merge(stats)
            calls.processes[call, default: []].insert(key.pid)
            let failed = stats.failures &+ stats.abandoned
            let service = Service(caller: caller, port: key.port, family: address.unmapped.family)
            calls.successes[service, default: 0] &+= stats.connects.minus(failed)
            calls.connects[caller, default: 0] &+= stats.connects
            calls.failures[caller, default: 0] &+= failed
        }
        return calls
    }

    /// All connects of the caller, wherever to.
    func all(of call: Call) -> UInt64 { connects[caller(of: call)] ?? 0 }

    /// Those of the caller that failed or were given up.
    func failures(of call: Call) -> UInt64 { failures[caller(of: call)] ?? 0 }

    /// Connects of the caller to the port that went well over the other address family.
    func successesElsewhere(of call: Call) -> UInt64 {
        let other: AddressFamily = call.destination.address.unmapped.family == .ipv4 ? .ipv6 : .ipv4
        return successes[Service(caller: caller(of: call), port: call.destination.port, family: other)] ?? 0
    }

    private func caller(of call: Call) -> Caller {
        Caller(netns: call.destination.netns, command: call.command)
    }
}
