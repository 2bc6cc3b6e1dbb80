// SPDX-License-Identifier: Apache-2.0
import Host
import Model
import Symbols

/// Names for the addresses of stacks, each looked up once.
struct FrameNames {
    /// A function, and how a line of folded stacks writes it. Shared by all the stacks that it is in.
    final class Frame: Sendable {
        let function: FunctionName
        let text: String

        init(function: FunctionName, text: String) {
            self.function = function
            self.text = text
        }
    }

    private let users = UserSymbols()
    private var functions = KernelFunctions()
    private var kernel: [UInt64: Frame] = [:]
    /// By process and address.
    private var known: [UInt32: [UInt64: Frame]] = [:]

    /// Of the kernel, and of each process: where there are more, it begins anew.
    private static let mostPlaces = 32768

    /// Reads the kernel's table now, before the trace, of which it would be a part; its end waits
    /// for nothing then. Where it cannot be read, addresses stand for names.
    mutating func readKernel() { try? functions.read() }

    /// Takes down what cannot be had of a process any more once it has ended.
    func note(pid: UInt32) { users.note(pid: pid) }

    /// The noted processes that have ended.
    func ended() -> [UInt32] { users.ended() }

    /// Reads the files that the processes' frames are in, ahead of the question for their names. The
    /// names have time until the end: a compiler may still be writing them.
    func readFiles(of samples: StackSamples) {
        for sample in samples.counts.keys {
            for address in sample.user.frames { users.readFile(pid: sample.pid, at: address) }
        }
    }

    /// What kept names from being found since this was asked last, a line each.
    func takeRemarks() -> [String] { users.takeRemarks() }

    /// What the kernel has of samples; before their frames are asked for. All at once: its
    /// table may have to be read for them.
    mutating func lookUp(_ samples: StackSamples) {
        if kernel.count > Self.mostPlaces { kernel = [:] }
        var unknown: Set<UInt64> = []
        for sample in samples.counts.keys {
            for (index, address) in sample.kernel.frames.enumerated() {
                let place = Self.place(address, index)
                if kernel[place] == nil { unknown.insert(place) }
            }
        }
        guard !unknown.isEmpty else { return }
        let places = (try? functions.places(of: unknown)) ?? [:]
        for address in unknown { kernel[address] = Self.frame(address, places[address]) }
    }

    /// These have ended, and all of their samples have their names.
    mutating func forget(_ pids: some Sequence<UInt32>) {
        for pid in pids { known[pid] = nil }
        users.forget(pids)
    }

    /// A caller's address is where it goes on, which may be the next function already.
    private static func place(_ address: UInt64, _ index: Int) -> UInt64 {
        index == 0 ? address : address &- 1
    }

    /// Without the table (kptr_restrict) addresses stand for names.
    private static func frame(_ address: UInt64, _ place: KernelPlace?) -> Frame {
        let function = FunctionName(
            symbol: place?.symbol, module: place?.module ?? FunctionName.kernelModule, isKernel: true)
        let name = place.map { $0.symbol + ($0.module.map { " [\($0)]" } ?? "") }
        return Frame(
            function: function, text: (name ?? "[kernel+0x\(String(address, radix: 16))]") + "_[k]")
    }

    /// Innermost first; none if it has none.
    func kernelFrames(_ sample: StackSample) -> [Frame] {
        sample.kernel.frames.enumerated().compactMap { kernel[Self.place($1, $0)] }
    }

    /// Innermost first; none if it has none.
    func userFrames(_ sample: StackSample) -> [Frame] {
        let addresses = sample.user.frames
        var frames: [Frame] = []
        frames.reserveCapacity(addresses.count)
        for (index, address) in addresses.enumerated() {
            frames.append(userFrame(sample.pid, Self.place(address, index)))
        }
        return frames
    }

    private func userFrame(_ pid: UInt32, _ address: UInt64) -> Frame {
        known[pid]?[address]
            ?? Frame(
                function: FunctionName(symbol: nil, module: "[unknown]", isKernel: false), text: "[unknown]")
    }

    /// What processes have of samples; before their frames are asked for. Many at once: they are
    /// another process's to find.
    mutating func lookUpUsers(_ samples: ArraySlice<(key: StackSample, value: UInt64)>) {
        let samples = samples.lazy.map(\.key)
        var unknown: [UInt32: Set<UInt64>] = [:]
        if users.isIncomplete { known = [:] }
        for sample in samples {
            if known[sample.pid]?.count ?? 0 >= Self.mostPlaces { known[sample.pid] = nil }
        }
        for sample in samples {
            for (index, address) in sample.user.frames.enumerated() {
                let place = Self.place(address, index)
                if known[sample.pid]?[place] == nil { unknown[sample.pid, default: []].insert(place) }
            }
        }
        guard !unknown.isEmpty else { return }
        // A library that was loaded meanwhile.
        for (pid, places) in unknown where !places.allSatisfy({ users.covers(pid: pid, address: $0) }) {
            users.note(pid: pid)
        }
        for (pid, frames) in users.frames(at: unknown) {
            for (address, found) in frames {
                known[pid, default: [:]][address] = Frame(
                    function: FunctionName(symbol: found.name, module: found.module, isKernel: false),
                    text: found.kind == .jit ? "\(found)_[j]" : "\(found)")
            }
        }
    }
}

extension StackSamples {
    /// So many at a time are named: what is kept of them in between is bounded.
    private static let mostAtOnce = 1024

    /// The samples with their counts, in parts.
    var parts: [ArraySlice<(key: StackSample, value: UInt64)>] {
        let all = Array(counts)
        return stride(from: 0, to: all.count, by: Self.mostAtOnce).map {
            all[$0..<min($0 + Self.mostAtOnce, all.count)]
        }
    }
}
