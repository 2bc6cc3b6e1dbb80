// SPDX-License-Identifier: Apache-2.0
import Model

/// All that the processes of one name bound to port 0 in a namespace.
struct BindCaller {
    let netns: UInt32
    let command: String
    let backend: Backend
    let program: (any ServerProgram)?
    var stats = ConnectStats()
    /// The address that was bound most often. `nil`: any.
    var address: IPAddress?

    private init(
        _ netns: UInt32, _ command: String, _ backend: Backend, _ program: (any ServerProgram)?
    ) {
        self.netns = netns
        self.command = command
        self.backend = backend
        self.program = program
    }

    /// Those of a run, the one that called most often first.
    static func all(_ seen: Observation) throws(NotExamined) -> [BindCaller] {
        let ports = try seen.ports.get()
        let binds = ports.connects.filter { $0.key.kind == .bind && !$0.key.isOverflow }
        struct Caller: Hashable {
            let netns: UInt32
            let command: CommandName
        }
        let groups = Dictionary(grouping: binds) { Caller(netns: $0.key.netns, command: $0.key.command) }
        return groups.map { key, rows in
            let program = seen.program(of: Set(rows.map(\.key.pid)), key.command.text)
            var caller = BindCaller(key.netns, key.command.text, ports.backend, program)
            var addresses: [IPAddress: UInt64] = [:]
            for (key, stats) in rows {
                caller.stats.merge(stats)
                if let source = key.source, !source.isUnspecified {
                    addresses[source, default: 0] &+= stats.connects
                }
            }
            caller.address = addresses.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
            return caller
        }.sorted { ($0.stats.connects, $1.command, $1.netns) > ($1.stats.connects, $0.command, $0.netns) }
    }

    /// EADDRINUSE: no port was left (`inet_csk_get_port`).
    var withoutPort: UInt64 { stats.failed[ErrorNumber.addressInUse] ?? 0 }

    /// Of the search, or where it is not to be seen by itself, of the call.
    var time: Distribution {
        if let search = stats.search, !search.isEmpty { return search }
        return stats.call
    }

    /// Of one CPU's time, 0 to 1 and more.
    func cpu(_ seen: Observation) -> Double {
        seen.duration > 0 ? Double(time.sum) / (seen.duration * 1e9) : 0
    }

    var subject: Finding.Subject { .process(command, netns: netns) }

    /// "haproxy at 10.0.0.1"
    func text(_ seen: Observation) -> String {
        let place = seen.prefix(netns).isEmpty ? "" : " in \(seen.name(of: netns))"
        return command + (address.map { " at \($0)" } ?? "") + place
    }
}

/// What helps bind() to port 0.
struct BindFixes {
    let caller: BindCaller
    let seen: Observation

    func all() -> [Fix] {
        [noPort(), PortRangeFix(netns: caller.netns, seen: seen).wider(ports: 0, high: 0)].compactMap(\.self)
    }

    private func noPort() -> Fix {
        let risk = "getsockname() names no port before connect()"
        guard let setting = caller.program?.source(caller.address) else {
            return Fix(
                "set IP_BIND_ADDRESS_NO_PORT before bind(): then connect() chooses the port, and may share it "
                    + "with connections to other destinations",
                line: "setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){1}, sizeof(int))",
                lasting:
                    "in \(caller.command)'s source; or no bind() at all where the machine has one address",
                risk: risk)
        }
        return Fix(
            "have \(caller.command) bind the address alone: then connect() chooses the port, and may share it "
                + "with connections to other destinations (a recent \(caller.command) does so by itself)",
            line: setting.configuration, lasting: setting.lasting, risk: risk)
    }
}
