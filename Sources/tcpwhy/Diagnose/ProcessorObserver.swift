// SPDX-License-Identifier: Apache-2.0
import BPF
import Host
import Model
import Probes
import Symbols

/// What the CPUs ran, over one run.
final class ProcessorObserver {
    let cpus: Int
    private let probe: SampleProbe
    private let users = UserSymbols()
    private let frequency: UInt64
    private let isFiltered: Bool
    private let first: CPUTimes
    private var ring: RingBuffer

    init(_ options: SampleOptions) throws {
        frequency = options.frequency
        isFiltered = options.netns != nil
        do throws(HostError) { first = try CPUTimes.current() } catch {
            throw Failure.failed("\(error)")
        }
        do throws(ProbeError) {
            probe = try SampleProbe(options)
            ring = try probe.openRing()
        } catch {
            throw Failure(error)
        }
        cpus = probe.cpus
    }

    /// Of the samples' ring buffer.
    var descriptor: Int32 { ring.descriptor }

    func drain() {
        ring.consume { [probe, users] record in
            if let pid = probe.receive(record) { users.note(pid: pid) }
        }
    }

    func stop() { probe.stop() }

    /// All of the run, after `stop`.
    /// - Parameter search: what searches for ports took, by their own clock.
    func result(_ duration: Double, search: SearchTime) throws -> HotspotsInterval {
        drain()
        var names = FrameNames(users)
        do throws(ProbeError) {
            let samples = try probe.takeSamples()
            let last = (try? CPUTimes.current()) ?? first
            return HotspotsInterval(
                duration: duration, wallTime: Double(HostClock.wallNanoseconds()) / 1e9,
                counts: names.counts(of: samples), loss: SampleLoss(of: samples), cpus: last.since(first),
                search: search,
                sampling: Sampling(
                    clock: probe.clock.rawValue, frequency: frequency, cpus: cpus, isFiltered: isFiltered))
        } catch {
            throw Failure(error)
        }
    }
}
