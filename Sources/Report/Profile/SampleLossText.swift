// SPDX-License-Identifier: Apache-2.0
import Model

/// What is wrong with some samples, each kind on its own.
enum SampleLossText {
    static func parts(_ loss: SampleLoss) -> [String] {
        [
            (loss.truncated, truncated(at: loss.depth)),
            (loss.withoutStack, "without their stack (table full)"),
            (loss.unplaced, "in no row (table full)"),
            (loss.others, "in [others] (rare stacks)"),
        ].filter { $0.0 > 0 }.map { "\(Units.exact($0.0)) \($0.1)" }
    }

    /// Where a setting makes it less than it could be, with its name.
    static func truncated(at depth: Int, of most: Int = CallStack.mostFrames) -> String {
        depth >= most
            ? "with a truncated stack"
            : "with a stack truncated at \(depth) frames (kernel.perf_event_max_stack)"
    }
}
