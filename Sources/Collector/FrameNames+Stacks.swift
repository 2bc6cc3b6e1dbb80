// SPDX-License-Identifier: Apache-2.0
import Model

extension FrameNames {
    /// Of both backends, where the search for a port begins, by the program there. Stacks of searches
    /// end there.
    static let searches = [
        "fentry_search": "__inet_hash_connect", "fentry_bind": "inet_csk_get_port",
    ]

    /// As lines of folded stacks have them, the most frequent first.
    /// - Parameter traced: functions of which one is in every kernel stack, by the program that
    ///   runs at its entry: what is on top of it is the tracing itself.
    mutating func stacks(of samples: StackSamples, endingIn traced: [String: String] = [:]) -> [NamedStack] {
        var stacks: [NamedStack] = []
        stacks.reserveCapacity(samples.counts.count)
        lookUp(samples)
        for part in samples.parts {
            lookUpUsers(part)
            for (sample, count) in part {
                var texts: [String] = []
                texts.reserveCapacity(sample.user.frames.count + sample.kernel.frames.count + 2)
                putUser(sample, depth: samples.depth, to: &texts)
                putKernel(sample, depth: samples.depth, traced, to: &texts)
                stacks.append(
                    NamedStack(
                        owner: NamedStack.Owner(pid: sample.pid, command: sample.command), frames: texts,
                        count: count))
            }
        }
        return stacks.sorted { $0.count > $1.count }
    }

    /// The outermost first.
    private func putKernel(
        _ sample: StackSample, depth: Int, _ traced: [String: String], to texts: inout [String]
    ) {
        if sample.kernel == .lost { texts.append(Self.lostKernel) }
        if sample.kernel.isTruncated(at: depth) { texts.append(Self.truncatedKernel) }
        let frames = kernelFrames(sample)
        let kept = traced.isEmpty ? frames : Self.ending(frames, in: traced)
        for frame in kept.reversed() { texts.append(frame.text) }
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

    /// The outermost first.
    private func putUser(_ sample: StackSample, depth: Int, to texts: inout [String]) {
        if sample.user == .lost { texts.append("[lost user stack]") }
        if sample.user.isTruncated(at: depth) { texts.append("[truncated]") }
        for frame in userFrames(sample).reversed() { texts.append(frame.text) }
    }

    /// Sums by function. Code that ran in a stack that was lost is a function without a name.
    mutating func counts(of samples: StackSamples) -> HotspotsCounts {
        var counts = HotspotsCounts()
        lookUp(samples)
        for part in samples.parts {
            lookUpUsers(part)
            for (sample, count) in part { add(sample, count, to: &counts) }
        }
        return counts
    }

    private func add(_ sample: StackSample, _ count: UInt64, to counts: inout HotspotsCounts) {
        var stack = kernelFrames(sample).map(\.function) + userFrames(sample).map(\.function)
        if sample.kernel == .lost {
            stack.insert(
                FunctionName(symbol: nil, module: FunctionName.kernelModule, isKernel: true), at: 0)
        } else if stack.isEmpty {
            stack = [.lost]
        }
        counts.add(stack, count: count)
    }
}
