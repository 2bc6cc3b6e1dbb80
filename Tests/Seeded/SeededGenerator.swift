// SPDX-License-Identifier: Apache-2.0

/// SplitMix64: the same numbers on every run.
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A value whose order of magnitude is itself random: 0 ..< 2^bits.
    public mutating func spread(bits: Int = 34) -> UInt64 {
        let width = Int.random(in: 1...bits, using: &self)
        return next() >> UInt64(64 - width)
    }
}
