// SPDX-License-Identifier: Apache-2.0
import Host
import Model
import Symbols

/// Names for the addresses of stacks, once sampling is over.
struct FrameNames {
    private let samples: StackSamples
    private let users: UserSymbols
    private var kernel: [UInt64: KernelPlace] = [:]

    init(_ samples: StackSamples, _ users: UserSymbols) {
        self.samples = samples
        self.users = users
        var addresses: Set<UInt64> = []
        for sample in samples.counts.keys {
            for (index, address) in sample.kernel.frames.enumerated() {
                addresses.insert(Self.place(address, index))
            }
        }
        // Without it (kptr_restrict) addresses stand for names.
        kernel = (try? KernelSymbols.places(of: addresses)) ?? [:]
    }

    var stacks: [NamedStack] {
        samples.counts.map { sample, count in
            NamedStack(
                pid: sample.pid, command: sample.command,
                frames: userFrames(sample) + kernelFrames(sample), count: count)
        }.sorted { $0.count > $1.count }
    }

    /// A caller's address is where it goes on, which may be the next function already.
    private static func place(_ address: UInt64, _ index: Int) -> UInt64 {
        index == 0 ? address : address &- 1
    }

    private func kernelFrames(_ sample: StackSample) -> [String] {
        if sample.kernel == .lost { return ["[lost kernel stack]_[k]"] }
        let names = sample.kernel.frames.enumerated().map { index, address in
            let place = kernel[Self.place(address, index)]
            let symbol = place?.symbol ?? "[kernel+0x\(String(address, radix: 16))]"
            return symbol + (place?.module.map { " [\($0)]" } ?? "") + "_[k]"
        }
        return (sample.kernel.isTruncated ? ["[truncated]_[k]"] : []) + names.reversed()
    }

    private func userFrames(_ sample: StackSample) -> [String] {
        if sample.user == .lost { return ["[lost user stack]"] }
        let names = sample.user.frames.enumerated().map { index, address in
            let frame = users.frame(pid: sample.pid, address: Self.place(address, index))
            let name = frame.name ?? "[\(frame.module)+0x\(String(frame.offset, radix: 16))]"
            return frame.kind == .jit ? name + "_[j]" : name
        }
        return (sample.user.isTruncated ? ["[truncated]"] : []) + names.reversed()
    }
}
