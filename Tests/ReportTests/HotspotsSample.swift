// SPDX-License-Identifier: Apache-2.0
import Model

/// A second of a client whose connects search for their ports.
enum HotspotsSample {
    static func kernel(_ symbol: String?, _ module: String = "kernel") -> FunctionName {
        FunctionName(symbol: symbol, module: module, isKernel: true)
    }

    static func user(_ symbol: String?, _ module: String) -> FunctionName {
        FunctionName(symbol: symbol, module: module, isKernel: false)
    }

    static var counts: HotspotsCounts {
        let main = user("worker(int)", "client")
        let connect = ["inet_hash_connect", "tcp_v4_connect", "do_syscall_64"].map { kernel($0) }
        var counts = HotspotsCounts()
        counts.add(
            [kernel("__inet_check_established"), kernel("__inet_hash_connect.isra.0")] + connect + [main],
            count: 55)
        counts.add([kernel("__inet_hash_connect.isra.0")] + connect + [main], count: 25)
        counts.add([kernel("nf_conntrack_in", "nf_conntrack"), kernel("do_syscall_64"), main], count: 9)
        counts.add([main, main], count: 6)
        counts.add([user(nil, "libcrypto.so.3"), main], count: 4)
        return counts
    }

    static func time(_ user: UInt64, _ system: UInt64, _ idle: UInt64, softirq: UInt64 = 0) -> CPUTime {
        var time = CPUTime()
        time.user = user
        time.system = system
        time.idle = idle
        time.softirq = softirq
        return time
    }

    static let sampling = Sampling(clock: "cpu-clock", frequency: 99, cpus: 2, isFiltered: false)

    static var interval: HotspotsInterval {
        var loss = SampleLoss()
        loss.unplaced = 1
        return HotspotsInterval(
            duration: 1, wallTime: 1_795_464_327.042, counts: counts, loss: loss,
            cpus: [0: time(9, 85, 5, softirq: 1), 1: time(0, 2, 98)],
            search: .measured(nanoseconds: 820_000_000, missed: 0, backend: .fentry), sampling: sampling)
    }

    /// Where neither fentry nor kprobes are to be had and the kernel's symbols are hidden.
    static var blind: HotspotsInterval {
        var interval = interval
        interval.counts = HotspotsCounts()
        interval.counts.add([kernel(nil), user("main", "nginx")], count: 10)
        interval.loss = SampleLoss()
        interval.search = .unknown("it takes fentry or kprobes")
        interval.sampling.isFiltered = true
        return interval
    }

    static var nothing: HotspotsInterval {
        var interval = interval
        interval.counts = HotspotsCounts()
        interval.loss = SampleLoss()
        interval.cpus = [:]
        return interval
    }
}
