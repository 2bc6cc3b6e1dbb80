// SPDX-License-Identifier: Apache-2.0

/// What sets the pace of samples.
public enum SampleClock: String, Sendable, Hashable, CaseIterable {
    /// The CPU's own counter of cycles (`PERF_COUNT_HW_CPU_CYCLES`), which also sees code that
    /// runs with interrupts off. Virtual machines often have none.
    case cycles
    /// The kernel's timer (`PERF_COUNT_SW_CPU_CLOCK`): what runs with interrupts off shows
    /// where they come on again.
    case cpuClock = "cpu-clock"
}

extension BPFObject {
    /// Runs a program at each sample of one CPU.
    /// - Parameter frequency: samples a second; the kernel refuses more than
    ///   `kernel.perf_event_max_sample_rate`.
    public func attachSampling(
        program name: String, clock: SampleClock, frequency: UInt64, cpu: Int32
    ) throws(BPFError) -> Link {
        try attachPerfEvent(
            program: name,
            perfFD: PerfEvent.sampling(clock, frequency: frequency, cpu: cpu).release())
    }
}
