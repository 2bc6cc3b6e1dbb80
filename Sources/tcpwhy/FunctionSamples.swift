// SPDX-License-Identifier: Apache-2.0
import BPF
import Model
import Probes
import Symbols

/// Samples by function, named while the processes that they are of may still be there.
final class FunctionSamples {
    /// Since `reset`, up to the last `take`.
    private(set) var counts = HotspotsCounts()
    private(set) var loss = SampleLoss()

    /// Seconds between two `take` at most: the kernel's tables hold what was since the last.
    static let pace = 1.0

    private let probe: SampleProbe
    private let users: UserSymbols
    private var names: FrameNames
    private var ring: RingBuffer

    init(_ probe: SampleProbe) throws(ProbeError) {
        self.probe = probe
        users = UserSymbols()
        names = FrameNames(users)
        ring = try probe.openRing()
    }

    /// Of the samples' ring buffer; `drain` when it has something.
    var descriptor: Int32 { ring.descriptor }

    func drain() {
        ring.consume { [probe, users] record in
            if let pid = probe.receive(record) { users.note(pid: pid) }
        }
    }

    func take() throws(ProbeError) {
        // Before the samples are taken out: of these there will be no more.
        let ended = users.ended()
        let new = try probe.takeSamples { drain() }
        counts.merge(names.counts(of: new))
        loss.merge(SampleLoss(of: new))
        names.forget(ended)
        try probe.forget(ended)
    }

    func reset() { (counts, loss) = (HotspotsCounts(), SampleLoss()) }
}
