// SPDX-License-Identifier: Apache-2.0
import Model

/// A listening socket and who serves it, as a program's settings need it.
struct Service {
    let listener: Listener
    /// As they were when they were last looked at. `nil`: never.
    let queues: ListenQueues?
    /// As the kernel names the process: "php-fpm8.2".
    let command: String
    /// Facts of the processes that serve: children of one that holds the socket, too, or that one
    /// itself where it has none. Of some of them only, if not all could be looked at.
    let workers: [ProcessFacts]
    /// Whether the workers are the children of a parent that serves nobody.
    let hasParent: Bool

    init(_ listener: Listener, _ queues: ListenQueues?, _ owner: Owner) {
        self.listener = listener
        self.queues = queues
        command = owner.command
        workers = owner.workerFacts
        hasParent = owner.workers != owner.pids
    }

    /// What listen() was given. `nil`: not known, since `net.core.somaxconn` was no more.
    var askedBacklog: Int? {
        guard let queues, let somaxconn = queues.somaxconn, queues.backlog < somaxconn else { return nil }
        return Int(queues.backlog)
    }

    /// Threads of all workers together. `nil`: not known of each.
    var threads: [Int]? {
        let known = workers.compactMap(\.program.threads)
        return known.isEmpty || known.count < workers.count ? nil : known
    }

    var port: UInt16 { listener.port }

    private var address: IPAddress { listener.address.unmapped }

    var isIPv6: Bool { address.family == .ipv6 }

    /// Whether it listens at every address.
    var isAny: Bool { address.isUnspecified }

    /// Whether it is an IPv6 socket for IPv4 as well.
    var isDualStack: Bool { isIPv6 && isAny && listener.isDualStack }

    /// "127.0.0.1", "::1", "0.0.0.0"
    var host: String { "\(address)" }

    /// "127.0.0.1:8080", "[::1]:8080", "0.0.0.0:8080"
    var endpoint: String { EndpointText.of(address, port) }
}
