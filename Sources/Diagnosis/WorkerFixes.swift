// SPDX-License-Identifier: Apache-2.0
import Model

/// What helps a server that accepts too slowly: more workers, if it is they who run out.
struct WorkerFixes {
    let queue: AcceptQueue
    /// What keeps it from accepting.
    let hindrance: Hindrance
    let seen: Observation

    private var owner: Owner { queue.owner }
    private var service: Service { Service(queue.listener, queue.state.queues, owner) }

    func all() -> [Fix] {
        guard let program = owner.program else { return [lookCloser()] }
        switch program.capacity(of: service) {
        case .limited(let capacity):
            guard let value = needed(beyond: capacity) else { return named(program) }
            return program.workers(value, of: service).map { more($0, program, value, than: capacity) }
        case .unknown: return named(program)
        case .unlimited: return (hindrance == .ready ? [] : [lookCloser()]) + named(program)
        }
    }

    /// A SYN that found no room is sent again after 1 s, then 2 s, 4 s, …
    /// (`TCP_TIMEOUT_INIT`, include/net/tcp.h): so long a connection stays away, about.
    private static let retryPause = 2.0

    /// One for each connection that is there: those served now, those that wait, and by
    /// Little's law those that stay away since they found no room; a fifth more, since load is
    /// never even. No more than half of the memory that is to be had. `nil`: that is no more than
    /// there are.
    private func needed(beyond capacity: Int) -> Int? {
        let away = seen.rate(queue.overflows) * Self.retryPause
        let needed = (Double(capacity) + (queue.meanDepth ?? 0) + away) * 1.2
        var value = (Int(min(needed, 100_000)) + 4) / 5 * 5
        if let available = seen.availableMemory, let each = memory(of: capacity), each > 0 {
            value = min(value, capacity + Int(clamping: available / 2 / each))
        }
        return value > capacity ? value : nil
    }

    /// Bytes that serving one connection takes, of what all workers hold. `nil`: not known.
    private func memory(of capacity: Int) -> UInt64? {
        guard capacity > 0 else { return nil }
        return owner.workerMemory.map { $0 &* UInt64(owner.workers.count) / UInt64(capacity) }
    }

    private func more(
        _ setting: ProgramSetting, _ program: any ServerProgram, _ value: Int, than capacity: Int
    ) -> Fix {
        let memory = memory(of: capacity).map { each in
            "each holds \(Units.bytes(each)), all the new ones \(Units.bytes(UInt64(value - capacity) &* each))"
                + (seen.availableMemory.map { " of \(Units.bytes($0)) available" } ?? "")
        }
        return Fix(
            setting.what ?? "let \(owner.command) serve \(value) at once, instead of \(capacity)",
            line: setting.configuration, lasting: setting.lasting,
            risk: memory ?? "each holds memory of its own; what it calls (a database) gets more at once, too",
            setting: setting.directive(of: program))
    }

    /// The settings, without a value: any might be less than today's.
    private func named(_ program: any ServerProgram) -> [Fix] {
        program.workers(nil, of: service).map { setting in
            Fix(
                setting.what ?? "raise \(setting.name), if \(owner.command) is at that limit",
                line: setting.configuration, lasting: setting.lasting,
                risk: "each connection holds memory; what it calls (a database) gets more at once, too")
        }
    }

    /// Of a server that takes many connections in one process, or of which nothing is known.
    private func lookCloser() -> Fix {
        let pid = owner.workers.last
        let process: ShellCommand = pid.map { " -p \($0)" } ?? ""
        let profile: ShellCommand = "tcpwhy profile\(process) -d 10 --svg busy.svg"
        switch hindrance {
        case .busy:
            return Fix(
                "let more threads or processes of \(owner.name) share the socket, and see what this one "
                    + "is busy with", command: profile)
        case .ready:
            return Fix(
                "raise the number of connections that \(owner.name) allows itself",
                risk: "each takes memory and a descriptor")
        default:
            let program = owner.program == nil ? "" : ": it takes all that come, unless it is busy or blocked"
            return Fix("find out what keeps \(owner.name) from accepting\(program)", command: profile)
        }
    }
}
