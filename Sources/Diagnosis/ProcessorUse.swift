// SPDX-License-Identifier: Apache-2.0
import Model

/// What the CPUs did, as rules look at it: shares of their time, 0 to 1.
struct ProcessorUse {
    let cpus: Int
    /// In the kernel: for programs, and for packets.
    let kernel: Double
    /// For packets (softirq and irq).
    let packets: Double
    let user: Double
    let idle: Double
    /// Taken by the hypervisor.
    let steal: Double
    /// The one CPU that packets keep busy while the others have time. `nil`: none.
    let hot: (cpu: Int32, packets: Double, others: Double)?

    /// Ticks of all CPUs that shares are made of: with fewer, one tick is over a hundredth.
    private static let leastTicks: UInt64 = 100

    /// - Throws: what was watched is too short.
    init(_ times: CPUTimes) throws(NotExamined) {
        let total = times.total
        guard total.all >= Self.leastTicks else {
            throw NotExamined(
                "what was watched is too short for the kernel's clock of CPU time (\(total.all) ticks)")
        }
        func share(_ ticks: UInt64) -> Double { total.share(ticks) ?? 0 }
        cpus = times.count
        packets = share(total.softirq &+ total.irq)
        kernel = share(total.system) + packets
        user = share(total.user &+ total.nice)
        idle = share(total.idle &+ total.iowait)
        steal = share(total.steal)
        hot = Self.hot(times)
    }

    /// At four fifths a CPU's packets wait in its backlog in every burst; that the others are
    /// idle for half of their time shows that it is the spread that lacks, not CPUs.
    private static let hotShare = 0.8
    private static let idleOthers = 0.5

    private static func hot(_ times: CPUTimes) -> (cpu: Int32, packets: Double, others: Double)? {
        func packets(_ time: CPUTime) -> Double { time.share(time.softirq &+ time.irq) ?? 0 }
        guard times.count > 1,
            let most = times.max(by: { (packets($0.value), $1.key) < (packets($1.value), $0.key) }),
            packets(most.value) >= hotShare
        else { return nil }
        let others = times.filter { $0.key != most.key }.total
        guard let busy = others.share(others.busy), busy <= 1 - idleOthers else { return nil }
        return (most.key, packets(most.value), busy)
    }
}
