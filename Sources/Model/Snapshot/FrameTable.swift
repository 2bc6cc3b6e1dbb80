// SPDX-License-Identifier: Apache-2.0

/// Names for the addresses of stacks, as far as they were looked up.
public struct FrameTable: Sendable {
    /// A function, and how a line of folded stacks writes it. Shared by all the stacks that it is in.
    public final class Frame: Sendable {
        public let function: FunctionName
        public let text: String

        public init(function: FunctionName, text: String) {
            self.function = function
            self.text = text
        }
    }

    public struct UserPlace: Sendable, Hashable {
        public let pid: UInt32
        public let address: UInt64

        public init(pid: UInt32, address: UInt64) {
            self.pid = pid
            self.address = address
        }
    }

    /// By the place of the call, as `place` has it.
    public var kernel: [UInt64: Frame] = [:]
    public var user: [UserPlace: Frame] = [:]

    public init() {}

    /// A caller's address is where it goes on, which may be the next function already.
    /// - Parameter index: in the stack, 0 for the innermost frame.
    public static func place(_ address: UInt64, _ index: Int) -> UInt64 {
        index == 0 ? address : address &- 1
    }

    /// Innermost first; none if it has none.
    public func kernelFrames(_ sample: StackSample) -> [Frame] {
        sample.kernel.frames.enumerated().compactMap { kernel[Self.place($1, $0)] }
    }

    /// Innermost first; none if it has none.
    public func userFrames(_ sample: StackSample) -> [Frame] {
        sample.user.frames.enumerated().compactMap {
            user[UserPlace(pid: sample.pid, address: Self.place($1, $0))]
        }
    }

    /// Sums by function. Code that ran in a stack that was lost is a function without a name.
    public func counts(of samples: StackSamples) -> HotspotsCounts {
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
