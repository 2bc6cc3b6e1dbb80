// SPDX-License-Identifier: Apache-2.0
import BPF
import Host
import Model
import Probes

/// What the CPUs ran, over one run.
final class ProcessorObserver {
    let cpus: Int
    private let probe: SampleProbe
    private let samples: FunctionSamples
    private let frequency: UInt64
    private let isFiltered: Bool
    private let first: CPUTimes

    init(_ options: SampleOptions) throws {
        frequency = options.frequency
        isFiltered = options.netns != nil
        do throws(HostError) { first = try CPUTimes.current() } catch {
            throw Failure.failed("\(error)")
        }
        do throws(ProbeError) {
            probe = try SampleProbe(options)
            samples = try FunctionSamples(probe)
        } catch {
            throw Failure(error)
        }
        cpus = probe.cpus
    }

    /// Of the samples' ring buffer.
    var descriptor: Int32 { samples.descriptor }

    func drain() { samples.drain() }

    func look() throws {
        do throws(ProbeError) { try samples.take() } catch { throw Failure(error) }
    }

    func stop() { probe.stop() }

    /// All of the run, after `stop`.
    /// - Parameter search: what searches for ports took, by their own clock.
    func result(_ duration: Double, search: SearchTime) throws -> HotspotsInterval {
        try look()
        let last = (try? CPUTimes.current()) ?? first
        return HotspotsInterval(
            duration: duration, wallTime: Double(HostClock.wallNanoseconds()) / 1e9, counts: samples.counts,
            loss: samples.loss, cpus: last.since(first), search: search,
            sampling: Sampling(
                clock: probe.clock.rawValue, frequency: frequency, cpus: cpus, isFiltered: isFiltered))
    }
}
