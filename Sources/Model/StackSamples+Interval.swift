// SPDX-License-Identifier: Apache-2.0

extension StackSamples {
    /// Later (`self`) minus earlier: only rows that grew. A row that the earlier one did
    /// not know began at 0.
    public func since(_ earlier: StackSamples) -> StackSamples {
        var rest = StackSamples()
        for (sample, count) in counts {
            let grown = count.minus(earlier.counts[sample] ?? 0)
            if grown > 0 { rest.counts[sample] = grown }
        }
        rest.depth = depth
        rest.taken = taken.minus(earlier.taken)
        rest.unplaced = unplaced.minus(earlier.unplaced)
        return rest
    }
}
