// SPDX-License-Identifier: Apache-2.0
import Model

/// All connects of a run that the processes of one name made to one destination.
struct Upstream {
    let destination: Destination
    let command: String
    let program: (any ServerProgram)?
    var stats: ConnectStats
    let range: PortRange?

    /// Those of a run, the one with the most connects first.
    static func all(_ seen: Observation) throws(NotExamined) -> [Upstream] {
        let calls = try Calls.of(seen)
        let ranges = Dictionary(
            try seen.ports.get().ranges.map { ($0.destination, $0) }, uniquingKeysWith: { $1 })
        return calls.byDestination.map { call, stats in
            Upstream(
                destination: call.destination, command: call.command,
                program: seen.program(of: calls.processes[call] ?? [], call.command), stats: stats,
                range: ranges[call.destination])
        }.sorted {
            ($0.stats.connects, $1.destination.port, $1.command)
                > ($1.stats.connects, $0.destination.port, $0.command)
        }
    }

    var subject: Finding.Subject { .destination(destination, command: command) }

    /// "127.0.0.1:9000"
    var endpoint: String { EndpointText.of(destination.address, destination.port) }

    /// "nginx to 127.0.0.1:9000"
    var text: String { "\(command) to \(endpoint)" }

    var withoutPort: UInt64 { stats.withoutPort }

    /// Ports that a connect can have.
    var size: Int? { range.map { Int($0.available) } }

    /// Of the ports held towards the destination, those of TIME_WAIT sockets. `nil`: none is held.
    var timeWaitShare: Double? {
        range.flatMap { $0.held > 0 ? Double($0.timeWait) / Double($0.held) : nil }
    }

    /// Who holds the ports: "3 of them by bind() for others, 38 by TIME_WAIT".
    var holders: String {
        guard let range else { return "" }
        let bound = range.bound > 0 ? "\(range.bound) of them by bind() for others, " : ""
        return bound + "\(range.timeWait) \(bound.isEmpty ? "of them " : "")by TIME_WAIT"
    }

    /// "51 of 51 ports are held towards 127.0.0.1:9000, 41 of them by TIME_WAIT, at the fullest look".
    var heldText: String {
        guard let range, let size else { return "" }
        // A port can be held once for each source address.
        let held =
            Int(range.held) <= size
            ? "\(range.held) of \(size) ports are held"
            : "\(size) ports are held \(range.held) times, from several source addresses,"
        return "\(held) towards \(endpoint), \(holders), at the fullest look"
    }

    /// Whether a new connect has to leave TIME_WAIT sockets' ports alone.
    var isBlockedByTimeWait: Bool {
        guard let range else { return false }
        return !range.reusesTimeWait && range.timeWait > 0
    }
}
