// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
import Host
import Model

/// What the listener programs must know of the running kernel.
struct ListenerKernel {
    /// The probed functions that this kernel has.
    private let functions: Set<String>
    /// `tcp_v4_route_req` takes so many arguments; 0: there is no such function.
    private let routeArguments: UInt32
    /// Where `struct linux_mib` has each counter; `nil`: type information does not say.
    private let counters: CounterPlaces?
    let fentryRefusal: BPFError?

    /// Where `struct linux_mib` has the counters of `enum why_mib`; `nil`: type information
    /// does not say, or two that the programs read at once are no neighbours.
    private static func places(_ btf: borrowing BTF) -> CounterPlaces? {
        func place(_ name: String) -> UInt32? { btf.enumValue("LINUX_MIB_\(name)").map { UInt32($0) } }
        guard let listen = place("LISTENOVERFLOWS"), let queue = place("TCPREQQFULLDOCOOKIES"),
            let deferred = place("TCPDEFERACCEPTDROP"), place("LISTENDROPS") == listen + 1,
            place("TCPREQQFULLDROP") == queue + 1
        else { return nil }
        return CounterPlaces(listen: listen, queue: queue, deferred: deferred)
    }

    private struct CounterPlaces {
        let listen, queue, deferred: UInt32

        /// Bytes of a counter, an unsigned long.
        static let size: UInt32 = 8
    }

    init(_ btf: BTF) {
        let programs = ListenerPrograms.handlers(.fentry) + ListenerPrograms.routes(.fentry)
        functions = Set(programs.compactMap(\.function).filter { btf.hasFunction($0) })
        routeArguments = UInt32(btf.argumentCount("tcp_v4_route_req") ?? 0)
        counters = Self.places(btf)
        fentryRefusal = BackendTrial.fentry(btf)
    }

    /// The programs that see losses, where the counters that they read are known.
    func handlers(_ backend: Backend) throws(BPFError) -> [ProgramSpec] {
        if backend == .tracepoint { return [] }
        _ = try places()
        return try present(ListenerPrograms.handlers(backend))
    }

    /// Those of the programs whose function exists here.
    func present(_ programs: [ProgramSpec]) throws(BPFError) -> [ProgramSpec] {
        guard functions.contains(ListenerPrograms.essential) else {
            throw BPFError(
                .notFound, "trace \(ListenerPrograms.essential)",
                detail: "this kernel has no such function")
        }
        return programs.filter { $0.function.map(functions.contains) ?? true }
    }

    private func places() throws(BPFError) -> CounterPlaces {
        if let counters { return counters }
        throw BPFError(
            .notFound, "read TcpExt counters", detail: "type information does not say where they are")
    }

    /// Where among a CPU's counters those are that the programs read.
    func configure(_ config: inout why_listener_config) throws(BPFError) {
        let counters = try places()
        config.listen_place = counters.listen * CounterPlaces.size
        config.queue_place = counters.queue * CounterPlaces.size
        config.deferred_place = counters.deferred * CounterPlaces.size
        config.route_arguments = (3...5).contains(routeArguments) ? routeArguments : 0
    }

    var seesRoutes: Bool { (3...5).contains(routeArguments) }
}
