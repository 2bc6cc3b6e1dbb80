// SPDX-License-Identifier: Apache-2.0
import Model

extension DropsJSON {
    /// Appends a "drop_stack" line per reason, place and stack, each ended, the most frequent
    /// first. With those whose stack is null, counts add up to those of the "drop" lines.
    static func writeStacks(of interval: DropsInterval, to buffer: inout [UInt8]) {
        let places = (interval.stacks ?? [:]).byPlace.map { place, stacks in
            (place, stacks, total: stacks.values.reduce(0, &+))
        }.sorted { left, right in
            if left.total != right.total { return right.total < left.total }
            return (left.0.location, left.0.reason ?? "") < (right.0.location, right.0.reason ?? "")
        }
        for (place, stacks, _) in places {
            for stack in StackOrder.sorted(stacks) {
                var line = JSONLine(kind: "drop_stack", in: &buffer)
                line.string("reason", place.reason)
                line.strings("stack", stack.frames.isEmpty ? nil : stack.frames)
                line.integer("count", stack.count)
                line.string("location", place.location)
                line.string("class", place.kind.rawValue)
                line.time("time", seconds: interval.wallTime)
                line.number("interval_s", interval.duration)
                line.end(in: &buffer)
            }
        }
    }
}
