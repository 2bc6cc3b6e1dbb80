// SPDX-License-Identifier: Apache-2.0

/// What to say beside folded stacks: everything that is not in them.
public enum FoldNotes {
    /// One line each; none if everything counted.
    /// - Parameter isEventChosen: whether somebody named the event that counts.
    public static func lines(of result: FoldedStacks, isEventChosen: Bool) -> [String] {
        var lines: [String] = []
        let event = result.event ?? ""
        if result.otherSampleCount > 0, !isEventChosen {
            lines.append(
                "several events: counted \(event), left out \(samples(result.otherSampleCount)) of others; "
                    + "--event-filter chooses")
        } else if result.otherSampleCount > 0, result.sampleCount == 0 {
            lines.append("no sample of \(event), \(result.otherSampleCount) of other events")
        }
        if result.endsInSample {
            lines.append("the text ends in the middle of a sample, which is left out")
        }
        if let first = result.skipped.firstLine {
            let count = result.skipped.count
            lines.append(
                count == 1
                    ? "left out line \(first), which is not understood"
                    : "left out \(count) lines that are not understood, the first is line \(first)")
        }
        if (0..<result.stacks.count).contains(where: { result.stacks[$0] == .max }) {
            lines.append("a count of \(StackCount.max) may be more: that is the largest there is")
        }
        return lines
    }

    private static func samples(_ count: Int) -> String {
        count == 1 ? "1 sample" : "\(count) samples"
    }
}
