// SPDX-License-Identifier: Apache-2.0
import Host
import Model
import Symbols

/// Finds names for the addresses of stacks, each once.
struct FrameNames {
    private(set) var table = FrameTable()
    private let users = UserSymbols()
    private var functions = KernelFunctions()

    /// Reads the kernel's table now, before the trace, of which it would be a part; its end waits
    /// for nothing then. Where it cannot be read, addresses stand for names.
    mutating func readKernel() { try? functions.read() }

    /// Takes down what cannot be had of a process any more once it has ended.
    func note(pid: UInt32) { users.note(pid: pid) }

    /// Reads the files that the processes' frames are in, ahead of the question for their names. The
    /// names have time until the end: a compiler may still be writing them.
    func readFiles(of samples: StackSamples) {
        for sample in samples.counts.keys {
            for address in sample.user.frames { users.readFile(pid: sample.pid, at: address) }
        }
    }

    /// What is new in stacks of the kernel, all at once: its table may have to be read for them.
    mutating func nameKernel(_ stacks: some Sequence<[UInt64]>) {
        var unknown: Set<UInt64> = []
        for frames in stacks {
            for (index, address) in frames.enumerated() {
                let place = FrameTable.place(address, index)
                if table.kernel[place] == nil { unknown.insert(place) }
            }
        }
        guard !unknown.isEmpty else { return }
        let places = (try? functions.places(of: unknown)) ?? [:]
        for address in unknown { table.kernel[address] = Self.frame(address, places[address]) }
    }

    /// What is new in samples.
    mutating func name(_ samples: StackSamples) {
        nameKernel(samples.counts.keys.lazy.map(\.kernel.frames))
        // Processes whose maps were read again: not once per address.
        var reread: Set<UInt32> = []
        for sample in samples.counts.keys {
            for (index, address) in sample.user.frames.enumerated() {
                let place = FrameTable.UserPlace(
                    pid: sample.pid, address: FrameTable.place(address, index))
                if table.user[place] == nil { table.user[place] = frame(place, &reread) }
            }
        }
    }

    /// Of those in the kernel, in processes, or both.
    mutating func name(_ samples: StackSamples, _ naming: StackNaming) {
        var samples = samples
        if !naming.kernel { samples.dropKernelStacks() }
        if !naming.user { samples.dropUserStacks() }
        name(samples)
    }

    /// Without the table (kptr_restrict) addresses stand for names.
    private static func frame(_ address: UInt64, _ place: KernelPlace?) -> FrameTable.Frame {
        let function = FunctionName(
            symbol: place?.symbol, module: place?.module ?? FunctionName.kernelModule, isKernel: true)
        let name = place.map { $0.symbol + ($0.module.map { " [\($0)]" } ?? "") }
        return FrameTable.Frame(
            function: function, text: (name ?? "[kernel+0x\(String(address, radix: 16))]") + "_[k]")
    }

    private func frame(_ place: FrameTable.UserPlace, _ reread: inout Set<UInt32>) -> FrameTable.Frame {
        // A library that was loaded meanwhile.
        if !users.covers(pid: place.pid, address: place.address), reread.insert(place.pid).inserted {
            users.note(pid: place.pid)
        }
        let found = users.frame(pid: place.pid, address: place.address)
        return FrameTable.Frame(
            function: FunctionName(symbol: found.name, module: found.module, isKernel: false),
            text: found.kind == .jit ? "\(found)_[j]" : "\(found)")
    }
}
