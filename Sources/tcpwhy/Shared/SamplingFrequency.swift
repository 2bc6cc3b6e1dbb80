// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Collector
import Host

/// How often each CPU is sampled.
struct SamplingFrequency: ParsableArguments {
    @Option(
        name: [.customShort("F"), .long],
        help: ArgumentHelp("Samples a second and CPU; 99 if not given.", valueName: "hertz"))
    var frequency: UInt64?

    func validate() throws {
        if frequency == 0 { throw ValidationError("-F is above 0") }
    }

    func apply(to samples: inout SamplesQuestion) throws {
        guard let frequency else { return }
        samples.frequency = frequency
        let name = "kernel.perf_event_max_sample_rate"
        guard let most = try? Sysctl.integer(name), frequency > most else { return }
        throw Failure.failed(
            "the kernel takes at most \(most) samples a second (\(name)), not \(frequency)\n"
                + "sysctl -w \(name)=\(frequency) allows it; it lowers that by itself when samples take long")
    }
}
