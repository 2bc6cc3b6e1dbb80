// SPDX-License-Identifier: Apache-2.0
import Model

extension FrameNames {
    /// Ways by which packets were dropped, as lines of folded stacks have them: the kernel's
    /// functions, and at the end the reason.
    mutating func stacks(of ways: [DropWay: UInt64]) -> [NamedStack] {
        var samples = StackSamples()
        for way in ways.keys { samples.counts[Self.sample(way)] = 1 }
        lookUp(samples)
        var stacks: [NamedStack] = []
        for (way, count) in ways {
            stacks.append(NamedStack(owner: nil, frames: texts(way), count: count))
        }
        return stacks.sorted { $0.count > $1.count }
    }

    private static func sample(_ way: DropWay) -> StackSample {
        StackSample(pid: 0, command: "", kernel: .frames(way.frames), user: .none)
    }

    private func texts(_ way: DropWay) -> [String] {
        var frames = Self.withoutTrampolines(kernelFrames(Self.sample(way)))
        let ending: [String]
        switch way.reason {
        case .kernel(let reason): ending = reason.map { [$0] } ?? []
        case .listener(let cause):
            let function = "tcp_conn_request"
            if let start = frames.firstIndex(where: { $0.function.symbol == function }) {
                frames.removeFirst(start)
                ending = [cause.jsonName]
            } else {
                // A probe at its return is in its caller already.
                ending = ["\(function)_[k]", cause.jsonName]
            }
        }
        let beginning: [String] =
            switch way.extent {
            case .whole: []
            case .truncated: [Self.truncatedKernel]
            case .lost: [Self.lostKernel]
            }
        return beginning + frames.reversed().map(\.text) + ending
    }
}
