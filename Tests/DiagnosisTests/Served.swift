// SPDX-License-Identifier: Apache-2.0
import Model

@testable import Diagnosis

/// Processes and sockets of real servers, as `/proc` shows them.
enum Served {
    /// - Parameter line: its arguments, separated by spaces; one that has spaces itself in `title`.
    static func process(
        _ executable: String, _ line: String = "", title: String? = nil, command: String? = nil,
        pid: UInt32 = 500, parent: UInt32 = 1, threads: Int? = 1, names: [String: Int] = [:],
        memory: UInt64 = 32 << 20
    ) -> ProcessFacts {
        var facts = ProcessFacts(
            pid: pid, command: command ?? executable, parent: parent, ownMemory: memory, unit: "")
        facts.program.executable = executable
        facts.program.arguments = title.map { [$0] } ?? line.split(separator: " ").map(String.init)
        facts.program.threads = threads
        facts.program.threadNames = names
        return facts
    }

    static func program(_ process: ProcessFacts) -> (any ServerProgram)? {
        ServerPrograms.program(of: [Invocation(process)])
    }

    /// A parent of the same kind and so many children.
    static func family(_ children: Int, of child: ProcessFacts, parentThreads: Int = 1) -> [ProcessFacts] {
        var parent = child
        parent.program.threads = parentThreads
        parent.program.threadNames = [:]
        return [parent]
            + (0..<children).map { index in
                var next = child
                next.pid = parent.pid + 1 + UInt32(index)
                next.parent = parent.pid
                return next
            }
    }

    static let loopback4 = Fixture.listener(8080, Fixture.localhost, inode: 500)
    static let any4 = Fixture.listener(8080, inode: 500)
    static let loopback6 = Fixture.listener(8080, .ipv6Loopback, inode: 500)
    static let any6 = Fixture.listener(8080, IPAddress("::")!, inode: 500)
    static var dual: Listener {
        var listener = any6
        listener.isDualStack = true
        return listener
    }

    static func service(
        _ processes: [ProcessFacts], at listener: Listener = loopback4, backlog: UInt32 = 64,
        somaxconn: UInt32 = 4096
    ) -> Service {
        let holders = processes.map { SocketOwner(pid: $0.pid, command: $0.command, descriptor: 3) }
        let owner = Owner(
            of: listener, [listener.inode: holders],
            Dictionary(uniqueKeysWithValues: processes.map { ($0.pid, $0) }))
        return Service(
            listener,
            ListenQueues(acceptQueue: 0, backlog: backlog, somaxconn: somaxconn, synQueue: 0, young: 0), owner
        )
    }

    /// Connections wait at it all the time: `waiting` of them, and there is memory enough.
    static func behind(
        _ processes: [ProcessFacts], at listener: Listener = loopback4, waiting: UInt64 = 50
    ) -> Observation {
        var seen = Fixture.healthy.withDrops { drops in
            // By Little's law: so many, each for half a second.
            drops.listeners[listener] = Fixture.state(accepts: waiting * 20, wait: 500_000_000)
            drops.owners[listener.inode] = processes.map {
                SocketOwner(pid: $0.pid, command: $0.command, descriptor: 3)
            }
        }
        seen.queueDepths[listener] = Fixture.depths(waiting)
        seen.availableMemory = 64 << 30
        for process in processes { seen.processes[process.pid] = process }
        return seen
    }
}
