// SPDX-License-Identifier: Apache-2.0
import Model

extension FrameNames {
    /// As lines of folded stacks have them, the most frequent first.
    /// - Parameter traced: functions of which one is in every kernel stack, by the program that
    ///   runs at its entry: what is on top of it is the tracing itself.
    mutating func stacks(of samples: StackSamples, endingIn traced: [String: String] = [:]) -> [NamedStack] {
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
    private func kernelTexts(_ sample: StackSample, depth: Int, _ traced: [String: String]) -> [String] {
        if sample.kernel == .lost { return [Self.lostKernel] }
        let truncated = sample.kernel.isTruncated(at: depth) ? [Self.truncatedKernel] : []
        let frames = kernelFrames(sample)
        let kept = traced.isEmpty ? frames : Self.ending(frames, in: traced)
        return truncated + kept.reversed().map(\.text)
    }

    /// Without what is on top of a traced function.
    /// - Parameter frames: innermost first.
    static func ending(_ frames: [Frame], in traced: [String: String]) -> [Frame] {
        let functions = Set(traced.values)
        if let start = frames.firstIndex(where: { $0.function.symbol.map(functions.contains) ?? false }) {
            return withoutTrampolines(frames[start...])
        }
        // At its very entry a function has no frame yet: on some kernels the program stands right
        // above the caller, and says which function it is the program of.
        guard let program = frames.firstIndex(where: { $0.function.module == "bpf" }),
            let symbol = frames[program].function.symbol,
            let function = traced.first(where: { symbol.hasSuffix("_\($0.key)") })?.value
        else { return frames }
        let entered = FunctionName(symbol: function, module: FunctionName.kernelModule, isKernel: true)
        return [Frame(function: entered, text: function + "_[k]")] + withoutTrampolines(frames[program...])
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
