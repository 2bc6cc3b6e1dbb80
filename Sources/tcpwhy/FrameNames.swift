// SPDX-License-Identifier: Apache-2.0
import Host
import Model
import Symbols

/// Names for the addresses of stacks. Asked for once sampling is over, or a view needs them.
struct FrameNames {
    private let users: UserSymbols
    private var kernel: [UInt64: String] = [:]
    private var known: [UserPlace: String] = [:]

    private struct UserPlace: Hashable {
        let pid: UInt32
        let address: UInt64
    }

    init(_ users: UserSymbols) {
        self.users = users
    }

    /// The most frequent first.
    mutating func stacks(of samples: StackSamples) -> [NamedStack] {
        lookUpKernel(samples)
        var stacks: [NamedStack] = []
        for (sample, count) in samples.counts {
            stacks.append(
                NamedStack(
                    pid: sample.pid, command: sample.command,
                    frames: userFrames(sample) + kernelFrames(sample.kernel), count: count))
        }
        return stacks.sorted { $0.count > $1.count }
    }

    /// A caller's address is where it goes on, which may be the next function already.
    private static func place(_ address: UInt64, _ index: Int) -> UInt64 {
        index == 0 ? address : address &- 1
    }

    /// All that are new at once: the kernel's table is a file that is read from its beginning.
    private mutating func lookUpKernel(_ samples: StackSamples) {
        var unknown: Set<UInt64> = []
        for sample in samples.counts.keys {
            for (index, address) in sample.kernel.frames.enumerated() {
                let place = Self.place(address, index)
                if kernel[place] == nil { unknown.insert(place) }
            }
        }
        guard !unknown.isEmpty else { return }
        let places = (try? KernelSymbols.places(of: unknown)) ?? [:]
        for address in unknown {
            // Without the table (kptr_restrict) addresses stand for names.
            let name = places[address].map { $0.symbol + ($0.module.map { " [\($0)]" } ?? "") }
            kernel[address] = (name ?? "[kernel+0x\(String(address, radix: 16))]") + "_[k]"
        }
    }

    private func kernelFrames(_ stack: CallStack) -> [String] {
        if stack == .lost { return ["[lost kernel stack]_[k]"] }
        let names = stack.frames.enumerated().map { kernel[Self.place($1, $0)] ?? "" }
        return (stack.isTruncated ? ["[truncated]_[k]"] : []) + names.reversed()
    }

    private mutating func userFrames(_ sample: StackSample) -> [String] {
        if sample.user == .lost { return ["[lost user stack]"] }
        var names: [String] = []
        for (index, address) in sample.user.frames.enumerated() {
            names.append(userName(UserPlace(pid: sample.pid, address: Self.place(address, index))))
        }
        return (sample.user.isTruncated ? ["[truncated]"] : []) + names.reversed()
    }

    private mutating func userName(_ place: UserPlace) -> String {
        if let name = known[place] { return name }
        // A library that was loaded meanwhile.
        if !users.covers(pid: place.pid, address: place.address) { users.note(pid: place.pid) }
        let frame = users.frame(pid: place.pid, address: place.address)
        let name = frame.kind == .jit ? "\(frame)_[j]" : "\(frame)"
        known[place] = name
        return name
    }
}
