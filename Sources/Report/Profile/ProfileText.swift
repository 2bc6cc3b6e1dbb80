// SPDX-License-Identifier: Apache-2.0
public import Model

/// What is said of a run of sampling besides its stacks.
public enum ProfileText {
    /// "1,980 samples at 99 Hz by cpu-clock in 10s on 2 CPUs; 12 of them with a truncated stack"
    public static func summary(_ run: ProfileRun) -> String {
        var text =
            "\(Units.exact(run.taken)) samples at \(run.frequency) Hz by \(run.clock) in "
            + "\(Units.seconds(run.duration)) on \(run.cpus) \(run.cpus == 1 ? "CPU" : "CPUs")"
        let parts = SampleLossText.parts(run.loss)
        if !parts.isEmpty { text += "; of them " + parts.joined(separator: ", ") }
        return text
    }

    /// Below a picture's title.
    public static func subtitle(_ run: ProfileRun) -> String {
        "\(Units.exact(run.taken)) samples, \(run.frequency) Hz, \(Units.seconds(run.duration))"
    }
}
