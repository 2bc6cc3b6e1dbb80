// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
import Host
import Model

/// Finds the backend that works here, by trying, and loads its programs.
struct LoadedConnect: ~Copyable {
    let object: BPFObject
    let attached: AttachedPrograms
    let coverage: ConnectCoverage

    consuming func takeObject() -> BPFObject { object }
}

enum ConnectLoader {
    static func load(_ options: ConnectOptions) throws(BPFError) -> LoadedConnect {
        let kernel: ConnectKernel
        do throws(BPFError) {
            kernel = ConnectKernel(try BTF.vmlinux())
        } catch {
            throw BackendChoice.noTypes(error)
        }
        func cannotCount(_ refused: [String]) -> BPFError {
            BPFError(
                .backendRefused,
                saying: "calls cannot be counted here: \(refused.joined(separator: "; "))\n"
                    + "without --count-calls tcpwhy uses what works")
        }
        return try BackendChoice.first(
            options.backend, failure: options.countCalls ? cannotCount : BackendChoice.nothingWorks
        ) { (backend, refused) throws(BPFError) in
            if backend == .fentry, let refusal = kernel.fentryRefusal { throw refusal }
            if backend == .kprobe, let refusal = BackendTrial.kprobe() { throw refusal }
            return try load(options, backend, kernel, refused: refused)
        }
    }

    private static func load(
        _ options: ConnectOptions, _ backend: Backend, _ kernel: ConnectKernel, refused: [String]
    ) throws(BPFError) -> LoadedConnect {
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

        let image = why_connect_object()
        let object = try BPFObject(
            bytes: UnsafeRawBufferPointer(start: image.bytes, count: image.size), name: "tcpwhy")
        try object.only(programs: Set(programs.map(\.name)))
        try object.setReadOnly(config, map: ".rodata.config")
        try size(object, options, backend, kernel)
        try SearchStacks.prepare(object, rows: options.stacks ? options.stackRows : nil)
        try object.load()
        try prepare(object, options)
        let attached = try AttachedPrograms(programs, in: object)
        try object.map(named: ".data.active").update(UInt32(0), UInt32(1))
        return LoadedConnect(object: object, attached: attached, coverage: coverage)
    }

    /// The cgroup to filter by.
    private static func prepare(
        _ object: borrowing BPFObject, _ options: ConnectOptions
    ) throws(BPFError) {
        if let cgroup = options.cgroup {
            try object.map(named: "cgroup").update(UInt32(0), UInt32(bitPattern: cgroup))
        }
    }

    private static func size(
        _ object: borrowing BPFObject, _ options: ConnectOptions, _ backend: Backend,
        _ kernel: ConnectKernel
    ) throws(BPFError) {
        // Tracepoints keep every attempt in the table, the others only what finds no slot.
        if backend == .tracepoint { try object.setMaxEntries(map: "slots", 1) }
        try object.setMaxEntries(map: "events", options.events ? options.ringBytes : 4096)
        guard kernel.tablesGrow else { return }
        for map in ["stats", "attempts", "calls"] {
            try object.setMapFlags(map: map, UInt32(BPF_F_NO_PREALLOC))
        }
        try object.setMaxEntries(map: "stats", 16384)
        try object.setMaxEntries(map: "attempts", 65536)
        try object.setMaxEntries(map: "calls", 65536)
    }

    private static let BPF_F_NO_PREALLOC = 1
}
