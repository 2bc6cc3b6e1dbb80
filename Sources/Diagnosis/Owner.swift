// SPDX-License-Identifier: Apache-2.0
import Model

/// Whose a listening socket is.
struct Owner {
    /// "nginx"; empty if nobody is known to hold the socket.
    let command: String
    /// Processes that hold it.
    let pids: [UInt32]
    /// Of these, those that serve: children of one of the others. A process that has none
    /// serves by itself.
    let workers: [UInt32]
    /// Where it runs ("nginx.service", a container's id); empty: not in a unit of its own.
    let unit: String
    /// The larger part of what one worker holds of memory, bytes. `nil`: not known.
    let workerMemory: UInt64?

    init(of listener: Listener, _ owners: [UInt32: [SocketOwner]], _ processes: [UInt32: ProcessFacts]) {
        let holders = owners[listener.inode] ?? []
        pids = Set(holders.map(\.pid)).sorted()
        command = holders.min { $0.pid < $1.pid }?.command ?? ""
        let all = Set(pids)
        let children = pids.filter { pid in processes[pid].map { all.contains($0.parent) } ?? false }
        workers = children.isEmpty ? pids : children
        unit = pids.lazy.compactMap { processes[$0]?.unit }.first { !$0.isEmpty } ?? ""
        workerMemory = workers.compactMap { processes[$0]?.ownMemory }.max()
    }

    var program: ServerProgram? { ServerProgram(command: command) }

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
