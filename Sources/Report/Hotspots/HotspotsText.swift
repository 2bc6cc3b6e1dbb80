// SPDX-License-Identifier: Apache-2.0
import Model

/// Words that the hotspots reports share.
enum HotspotsText {
    static let unnamed = "(no name)"

    /// "98 samples at 99 Hz by cpu-clock on 2 CPUs"
    static func means(_ interval: HotspotsInterval) -> String {
        let sampling = interval.sampling
        return "\(counted(interval.samples)) at \(sampling.frequency) Hz by \(sampling.clock) on "
            + "\(sampling.cpus) \(sampling.cpus == 1 ? "CPU" : "CPUs")"
    }

    /// What the shares are shares of.
    static func scale(_ interval: HotspotsInterval) -> String {
        let whole =
            interval.sampling.isFiltered
            ? "100% is the samples that the filters let through"
            : "100% is all samples: an idle CPU gives none"
        let busy = Units.percent(interval.busyShare)
        return "\(whole); the \(interval.sampling.cpus == 1 ? "CPU was" : "CPUs were") \(busy) busy"
    }

    /// "search for a port: 92.3% of the samples (90); 46.1% of all CPU time (timed by fentry)"
    static func search(_ interval: HotspotsInterval) -> String {
        let sampled =
            interval.counts.knowsKernel
            ? "\(Units.percent(interval.searchShare)) of the samples (\(Units.exact(interval.counts.search)))"
            : "\(Units.none) of the samples (the kernel hides its symbols: kernel.kptr_restrict)"
        return "search for a port: \(sampled); \(exact(interval))"
    }

    private static func exact(_ interval: HotspotsInterval) -> String {
        switch interval.search {
        case .unknown(let reason):
            return "\(Units.none) of all CPU time (not timed: \(reason))"
        case .measured(_, let missed, let backend):
            let missing = missed > 0 ? ", but for \(Units.exact(missed)) missed calls" : ""
            return
                "\(Units.percent(interval.exactShare)) of all CPU time (timed by \(backend.rawValue)\(missing))"
        }
    }

    static func losses(_ interval: HotspotsInterval) -> String {
        let parts = SampleLossText.parts(interval.loss)
        return parts.isEmpty ? "no losses" : "of the samples " + parts.joined(separator: ", ")
    }

    private static func counted(_ samples: UInt64) -> String {
        samples == 1 ? "1 sample" : "\(Units.exact(samples)) samples"
    }
}
