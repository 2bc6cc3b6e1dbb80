// SPDX-License-Identifier: Apache-2.0
import Model

extension FrameNames {
    /// As lines of folded stacks have them, the most frequent first.
    /// - Parameter traced: functions of which one is in every kernel stack: what is on top of it
    ///   is the tracing itself.
    mutating func stacks(of samples: StackSamples, endingIn traced: Set<String> = []) -> [NamedStack] {
        lookUp(samples)
        var stacks: [NamedStack] = []
        for (sample, count) in samples.counts {
            let user = userTexts(sample, depth: samples.depth)
            let kernel = kernelTexts(sample, depth: samples.depth, traced)
            stacks.append(
                NamedStack(
                    owner: NamedStack.Owner(pid: sample.pid, command: sample.command), frames: user + kernel,
                    count: count))
        }
        return stacks.sorted { $0.count > $1.count }
    }

    /// The outermost first.
    private func kernelTexts(_ sample: StackSample, depth: Int, _ traced: Set<String>) -> [String] {
        if sample.kernel == .lost { return [Self.lostKernel] }
        let truncated = sample.kernel.isTruncated(at: depth) ? [Self.truncatedKernel] : []
        var frames = kernelFrames(sample)
        if let start = frames.firstIndex(where: { $0.function.symbol.map(traced.contains) ?? false }) {
            frames = Self.withoutTrampolines(frames[start...])
        }
        return truncated + frames.reversed().map(\.text)
    }

    /// A function that is traced to its end was called by its trampoline, which it had called
    /// itself: there it is twice, with the trampoline between.
    /// - Parameter frames: innermost first.
    static func withoutTrampolines(_ frames: some Sequence<Frame>) -> [Frame] {
        var kept: [Frame] = []
        var isBehindTrampoline = false
        for frame in frames {
            if frame.function.module == "bpf" {
                isBehindTrampoline = true
                continue
            }
            if !(isBehindTrampoline && frame.function == kept.last?.function) { kept.append(frame) }
            isBehindTrampoline = false
        }
        return kept
    }

    static let lostKernel = "[lost kernel stack]_[k]"
    static let truncatedKernel = "[truncated]_[k]"

    private mutating func userTexts(_ sample: StackSample, depth: Int) -> [String] {
        if sample.user == .lost { return ["[lost user stack]"] }
        let truncated = sample.user.isTruncated(at: depth) ? ["[truncated]"] : []
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
