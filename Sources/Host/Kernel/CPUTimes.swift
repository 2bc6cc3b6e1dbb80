// SPDX-License-Identifier: Apache-2.0
public import Model

/// The kernel's account of its CPUs' time, `/proc/stat`.
extension CPUTimes {
    /// Of the CPUs that run now.
    public static func current() throws(HostError) -> CPUTimes {
        let path = "/proc/stat"
        let times = CPUTimes(parsing: try readText(path))
        if times.isEmpty { throw HostError("read \(path)", detail: "it has no line of a CPU") }
        return times
    }

    /// - Parameter text: lines like "cpu0 1393280 32966 572056 13343292 6130 0 17875 0 23933 0": user,
    ///   nice, system, idle, iowait, irq, softirq, steal, then guests' time, which is in user and
    ///   nice already. The sum of all CPUs ("cpu") and other lines are left out.
    public init(parsing text: String) {
        self.init()
        // By bytes: the line of interrupts alone has thousands of numbers.
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) where line.starts(with: "cpu".utf8) {
            let words = Substring(line.dropFirst(3)).split(separator: " ", omittingEmptySubsequences: false)
            guard words.count >= 9, let cpu = Int32(words[0]), cpu >= 0 else { continue }
            let ticks = words[1...8].compactMap { UInt64($0) }
            if ticks.count == 8 { self[cpu] = CPUTime(ticks) }
        }
    }
}

extension CPUTime {
    fileprivate init(_ ticks: [UInt64]) {
        self.init()
        user = ticks[0]
        nice = ticks[1]
        system = ticks[2]
        idle = ticks[3]
        iowait = ticks[4]
        irq = ticks[5]
        softirq = ticks[6]
        steal = ticks[7]
    }
}
