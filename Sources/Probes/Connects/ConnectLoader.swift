// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
import Host
import Model

/// Finds the backend that works here, by trying, and loads its programs.
enum ConnectLoader {
    typealias Loaded = (object: LoadedObject, coverage: ConnectCoverage)

    static func load(_ options: ConnectOptions) throws(BPFError) -> Loaded {
        let kernel = ConnectKernel(try BackendChoice.types())
        func cannotCount(_ refused: [String]) -> BPFError {
            BPFError(
                .backendRefused,
                saying: "calls cannot be counted here: \(refused.joined(separator: "; "))\n"
                    + "without --count-calls tcpwhy uses what works")
        }
        return try BackendChoice.first(
            options.backend, failure: options.countCalls ? cannotCount : BackendChoice.nothingWorks
        ) { (backend, refused) throws(BPFError) in
            try BackendTrial.require(backend, fentry: kernel.fentryRefusal)
            return try load(options, backend, kernel, refused: refused)
        }
    }

    private static func load(
        _ options: ConnectOptions, _ backend: Backend, _ kernel: ConnectKernel, refused: [String]
    ) throws(BPFError) -> Loaded {
        var coverage = ConnectCoverage(backend: backend, method: nil, bind: true, refused: refused)
        var config = options.filters
        config.follow_call = backend == .fentry ? 0 : 1
        config.from_states = backend == .tracepoint ? 1 : 0
        coverage.ownRangesInTurn = kernel.stepsByOne
        config.range_step_one = kernel.stepsByOne ? 1 : 0
        config.check_has_rcu = kernel.checkHasRCU ? 1 : 0

        var programs = try kernel.require(ConnectPrograms.connect(backend), backend)
        let bind = kernel.present(ConnectPrograms.bind(backend), backend)
        coverage.bind = !bind.isEmpty
        programs += bind
        if options.fullUnixSockets {
            let unix = kernel.present(ConnectPrograms.unix(backend), backend)
            coverage.fullUnixSockets = kernel.hasTaskArguments && (backend == .tracepoint || !unix.isEmpty)
            if coverage.fullUnixSockets { programs += unix }
        }
        let checks = options.countCalls ? try kernel.checks(backend) : (try? kernel.checks(backend)) ?? []
        switch PortCounting.choose(backend, countCalls: options.countCalls) {
        case .derived(let table):
            coverage.method = .derived
            config.method = UInt8(WHY_METHOD_DERIVED.rawValue)
            config.table_perturb = table
            config.perturb_mask = PortCounting.perturbMask
        case .counted where !checks.isEmpty:
            coverage.method = .counted
            config.method = UInt8(WHY_METHOD_COUNTED.rawValue)
            programs += checks
        case .counted, .none:
            coverage.method = nil
        }

        let object = try LoadedObject(why_connect_object(), name: "tcpwhy", programs) {
            (object) throws(BPFError) in
            try object.setReadOnly(config, map: ".rodata.config")
            try size(object, options, backend, kernel)
            if !coverage.fullUnixSockets { try object.setMaxEntries(map: FullUnixSockets.map, 1) }
            try PortSearchStacks.prepare(object, rows: options.stacks ? options.stackRows : nil)
        } fill: { (object) throws(BPFError) in
            try fill(object, options)
        }
        try object.setActive(true)
        return (object, coverage)
    }

    /// The cgroup to filter by.
    private static func fill(
        _ object: borrowing BPFObject, _ options: ConnectOptions
    ) throws(BPFError) {
        if let cgroup = options.cgroup {
            try object.map(named: "connect_cgroup").update(UInt32(0), UInt32(bitPattern: cgroup))
        }
    }

    private static func size(
        _ object: borrowing BPFObject, _ options: ConnectOptions, _ backend: Backend,
        _ kernel: ConnectKernel
    ) throws(BPFError) {
        // Tracepoints keep every attempt in the table, the others only what finds no slot.
        if backend == .tracepoint { try object.setMaxEntries(map: "connect_slots", 1) }
        try object.setMaxEntries(map: "connect_events", options.events ? options.ringBytes : 4096)
        guard kernel.tablesGrow else { return }
        for map in ["connect_rows", "connect_attempts", "connect_calls"] {
            try object.setMapFlags(map: map, UInt32(BPF_F_NO_PREALLOC))
        }
        try object.setMaxEntries(map: "connect_rows", 16384)
        try object.setMaxEntries(map: "connect_attempts", 65536)
        try object.setMaxEntries(map: "connect_calls", 65536)
    }

    private static let BPF_F_NO_PREALLOC = 1
}
