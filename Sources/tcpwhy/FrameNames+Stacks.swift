// SPDX-License-Identifier: Apache-2.0
import Model

extension FrameNames {
    /// As lines of folded stacks have them, the most frequent first.
    mutating func stacks(of samples: StackSamples) -> [NamedStack] {
        lookUp(samples)
        var stacks: [NamedStack] = []
        for (sample, count) in samples.counts {
            stacks.append(
                NamedStack(
                    pid: sample.pid, command: sample.command, frames: userTexts(sample) + kernelTexts(sample),
                    count: count))
        }
        return stacks.sorted { $0.count > $1.count }
    }

    /// The outermost first.
    private func kernelTexts(_ sample: StackSample) -> [String] {
        if sample.kernel == .lost { return ["[lost kernel stack]_[k]"] }
        let truncated = sample.kernel.isTruncated ? ["[truncated]_[k]"] : []
        return truncated + kernelFrames(sample).reversed().map(\.text)
    }

    private mutating func userTexts(_ sample: StackSample) -> [String] {
        if sample.user == .lost { return ["[lost user stack]"] }
        let truncated = sample.user.isTruncated ? ["[truncated]"] : []
        return truncated + userFrames(sample).reversed().map(\.text)
    }

    /// Sums by function. Code that ran in a stack that was lost is a function without a name.
    mutating func counts(of samples: StackSamples) -> HotspotsCounts {
        lookUp(samples)
        var counts = HotspotsCounts()
        for (sample, count) in samples.counts {
            var stack = kernelFrames(sample).map(\.function) + userFrames(sample).map(\.function)
            if sample.kernel == .lost {
                stack.insert(
                    FunctionName(symbol: nil, module: FunctionName.kernelModule, isKernel: true), at: 0)
            } else if stack.isEmpty {
                stack = [.lost]
            }
            counts.add(stack, count: count)
        }
        return counts
    }
}
