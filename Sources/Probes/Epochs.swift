// SPDX-License-Identifier: Apache-2.0
import BPF

/// The epochs of one object's tables (`bpf/lib/epoch.h`).
struct Epochs {
    private let gate: Gate
    /// The one that is counted in.
    private var current: UInt32 = 0
    /// The one that is to be read, if somebody turned already.
    private var closed: UInt32?

    private final class Gate {
        let map: BPFMap

        init(_ map: consuming BPFMap) { self.map = map }
    }

    init(_ object: borrowing BPFObject) throws(BPFError) {
        gate = Gate(try object.map(named: ".data.epoch"))
    }

    /// From here on what happens counts in the other epoch; a program that runs may still count
    /// in this one until `GracePeriod.wait()` returns.
    mutating func turn() throws(BPFError) {
        guard closed == nil else { return }
        try gate.map.update(UInt32(0), 1 - current)
        closed = current
        current = 1 - current
    }

    /// The epoch whose rows are to be read and removed now, in which nobody counts any more.
    /// Unless `turn` and the wait for it were the caller's.
    mutating func close() throws(BPFError) -> UInt32 {
        if closed == nil {
            try turn()
            try GracePeriod.wait()
        }
        defer { closed = nil }
        return closed ?? current
    }
}
