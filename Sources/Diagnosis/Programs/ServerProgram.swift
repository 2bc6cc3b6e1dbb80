// SPDX-License-Identifier: Apache-2.0
import Model

/// A server program whose configuration is known: one row of `ServerPrograms.table`.
protocol ServerProgram: Sendable {
    /// What scripts and sentences call it: "php-fpm".
    var name: String { get }

    /// `nil`: the process runs another program.
    init?(_ process: Invocation)

    /// What it gives listen() where its configuration says nothing. `nil`: that depends on
    /// something else.
    var defaultBacklog: Int? { get }

    /// What bounds how many connections it has accepted and not yet closed.
    func capacity(of service: Service) -> Capacity

    /// The setting that listen() gets its backlog from, in a line for this very socket.
    func backlog(_ value: Int, of service: Service) -> ProgramSetting

    /// The same of a Unix socket. `nil`: it takes none, or it is not known how that is written.
    func backlog(_ value: Int, ofUnixSocket path: String) -> ProgramSetting?

    /// Where it raises its own limit of open files. `nil`: it takes what it is started with.
    func openFiles(_ value: UInt64) -> String?

    /// The settings that say how many connections it takes at once, that which the others need
    /// first.
    /// - Parameter value: as many. `nil`: it is not known how many it takes now, so that any number
    ///   might be less.
    /// - Returns: without a `line` where there is no value; none where no setting bounds it.
    func workers(_ value: Int?, of service: Service) -> [ProgramSetting]

    /// What keeps connections to a server that it calls open, to be used again. `nil`: no setting.
    /// - Parameter endpoint: "127.0.0.1:9000"
    func keepalive(to endpoint: String) -> ProgramSetting?

    /// What has it bind an address alone before it connects. `nil`: no setting.
    /// - Parameter address: `nil`: not one alone.
    func source(_ address: IPAddress?) -> ProgramSetting?
}

extension ServerProgram {
    var defaultBacklog: Int? { nil }
    func backlog(_ value: Int, ofUnixSocket path: String) -> ProgramSetting? { nil }
    func openFiles(_ value: UInt64) -> String? { nil }
    func capacity(of service: Service) -> Capacity { .unlimited }
    func workers(_ value: Int?, of service: Service) -> [ProgramSetting] { [] }
    func keepalive(to endpoint: String) -> ProgramSetting? { nil }
    func source(_ address: IPAddress?) -> ProgramSetting? { nil }
}

/// How many connections a server takes from its accept queue before some are done.
enum Capacity: Equatable {
    /// So many: each has a process or thread of its own, and the next one waits.
    case limited(Int)
    /// The same, but how many cannot be read.
    case unknown
    /// All that come, as many as an event loop or fork() manages.
    case unlimited
}

/// A setting of a program's configuration.
struct ProgramSetting: Equatable {
    /// "worker_connections"
    let name: String
    /// `nil`: none that is known to be more than today's.
    let value: String?
    /// The configuration's line, or the argument; empty: there is none that is sure to help.
    let configuration: ConfigurationLine
    /// Where it stands, and what makes the program take it.
    let lasting: String
    /// What it does, where that is not what its kind of setting always does.
    let what: String?

    init(
        _ name: String, value: Int? = nil, line: ConfigurationLine = "", _ lasting: String,
        what: String? = nil
    ) {
        self.name = name
        self.value = value.map { "\($0)" }
        configuration = line
        self.lasting = lasting
        self.what = what
    }
}

extension ProgramSetting {
    var line: String { configuration.text }

    /// The same for programs. `nil`: it has no value.
    func directive(of program: any ServerProgram) -> Fix.Setting? {
        value.map { .directive(program: program.name, name: name, value: $0) }
    }
}
