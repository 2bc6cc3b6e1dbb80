// SPDX-License-Identifier: Apache-2.0
import Model

/// Whose a listening socket is.
struct Owner {
    /// "nginx"; empty if nobody is known to hold the socket.
    let command: String
    /// `nil`: nobody is known to hold it, or nothing is known of what they run.
    let program: (any ServerProgram)?
    /// Processes that hold it.
    let pids: [UInt32]
    /// Of these, those that serve: children of one of the others. A process that has none
    /// serves by itself.
    let workers: [UInt32]
    /// Of those of them that were looked at.
    let workerFacts: [ProcessFacts]
    /// Where it runs ("nginx.service", a container's id); empty: not in a unit of its own.
    let unit: String
    /// The larger part of what one worker holds of memory, bytes. `nil`: not known.
    let workerMemory: UInt64?

    init(of listener: Listener, _ owners: [UInt32: [SocketOwner]], _ processes: [UInt32: ProcessFacts]) {
        let holders = owners[listener.inode] ?? []
        pids = Set(holders.map(\.pid)).sorted()
        let held = holders.min { $0.pid < $1.pid }?.command ?? ""
        program = ServerPrograms.program(
            of: holders.sorted { $0.pid < $1.pid }.map {
                processes[$0.pid].map(Invocation.init) ?? Invocation(command: $0.command)
            })
        command = Self.name(held, program)
        let all = Set(pids)
        let children = pids.filter { pid in processes[pid].map { all.contains($0.parent) } ?? false }
        workers = children.isEmpty ? pids : children
        unit = pids.lazy.compactMap { processes[$0]?.unit }.first { !$0.isEmpty } ?? ""
        workerFacts = workers.compactMap { processes[$0] }
        workerMemory = workerFacts.compactMap(\.ownMemory).max()
    }

    /// "node" for "MainThread", "gunicorn" for "python3": what an interpreter is called says nothing.
    private static func name(_ command: String, _ program: (any ServerProgram)?) -> String {
        let isInterpreter = ["MainThread", "python", "ruby"].contains { command.hasPrefix($0) }
        return isInterpreter ? program?.name ?? command : command
    }

    /// "nginx", or what there is to say of nobody.
    var name: String { command.isEmpty ? "its owner" : command }
}

extension Observation {
    func owner(of listener: Listener, in drops: DropsInterval) -> Owner {
        Owner(of: listener, drops.owners, processes)
    }

    /// "0.0.0.0:80 nginx (nginx.service)"
    func text(of listener: Listener, _ owner: Owner) -> String {
        var text = EndpointText.of(listener.address, listener.port)
        if !owner.command.isEmpty { text += " \(owner.command)" }
        if case .seen(let drops) = drops, drops.listeners[listener]?.isClosed == true { text += " (closed)" }
        if !owner.unit.isEmpty, !owner.unit.hasPrefix(owner.command) { text += " (\(owner.unit))" }
        return text
    }
}
