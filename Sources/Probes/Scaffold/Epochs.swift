// SPDX-License-Identifier: Apache-2.0
import BPF

/// The epochs of one object's tables (`bpf/lib/epoch.h`).
struct Epochs {
    private let gates: [Gate]
    /// How often it was turned. The epoch that is counted in is its lowest bit.
    private var turns: UInt32 = 0
    /// Whether somebody turned already, and what was closed is to be read.
    private var isTurned = false

    /// The turn whose rows and stacks `close` gave to be read.
    var closedTurn: UInt32 { turns &- 1 }

    private final class Gate {
        let map: BPFMap
        let mask: UInt32

        init(_ map: consuming BPFMap, _ mask: UInt32) {
            self.map = map
            self.mask = mask
        }
    }

    init(_ object: borrowing BPFObject) throws(BPFError) {
        let present = object.mapNames
        var gates: [Gate] = []
        // In this order: no row of an epoch has a stack that was taken after it.
        for (name, mask) in [(".data.epoch", 1), (".data.turn", UInt32.max)] where present.contains(name) {
            gates.append(Gate(try object.map(named: name), mask))
        }
        self.gates = gates
    }

    /// From here on what happens counts in the other epoch; a program that runs may still count
    /// in this one until `GracePeriod.wait()` returns.
    mutating func turn() throws(BPFError) {
        guard !isTurned else { return }
        turns &+= 1
        for gate in gates { try gate.map.update(UInt32(0), turns & gate.mask) }
        isTurned = true
    }

    /// The epoch whose rows are to be read and removed now, in which nobody counts any more.
    /// Unless `turn` and the wait for it were the caller's.
    mutating func close() throws(BPFError) -> UInt32 {
        if !isTurned {
            try turn()
            try GracePeriod.wait()
        }
        isTurned = false
        return closedTurn & 1
    }
}
