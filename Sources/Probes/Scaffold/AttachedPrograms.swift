// SPDX-License-Identifier: Apache-2.0
import BPF
import Model

/// Programs at their hooks, and what the kernel ran without them.
struct AttachedPrograms {
    private final class Attached {
        let name: String
        let link: Link

        init(name: String, link: consuming Link) {
            self.name = name
            self.link = link
        }
    }

    private var programs: [Attached] = []
    /// What they had missed when counting began.
    private var before: [String: UInt64] = [:]
    /// The kernel's counts of programs that were detached.
    private var finalMisses: [String: UInt64]?

    /// Attaches in the order given: what ends a measurement before what begins it,
    /// so that nothing begun is left open.
    init(_ specs: [ProgramSpec], in object: borrowing BPFObject) throws(BPFError) {
        for spec in specs {
            programs.append(Attached(name: spec.name, link: try spec.attach(in: object)))
        }
    }

    /// From here on misses count.
    mutating func countFromNow(in object: borrowing BPFObject) throws(BPFError) {
        before = [:]
        before = try misses(in: object)
    }

    /// Calls that the kernel ran without the program, by program.
    func misses(in object: borrowing BPFObject) throws(BPFError) -> [String: UInt64] {
        if let finalMisses { return finalMisses }
        var missed: [String: UInt64] = [:]
        for program in programs {
            let guarded = try object.programInfo(program.name).recursionMisses ?? 0
            let count = guarded + (program.link.missed ?? 0) - (before[program.name] ?? 0)
            if count > 0 { missed[program.name] = count }
        }
        return missed
    }

    /// The misses, and what an object's table had no room for: its map `unplaced`.
    func loss(in object: borrowing BPFObject) throws(BPFError) -> Loss {
        var loss = Loss()
        loss.missed = try misses(in: object)
        loss.table =
            try object.map(named: "table_full").lookupPerCPU(UInt32(0), as: UInt64.self)?
            .reduce(0, +) ?? 0
        return loss
    }

    var areDetached: Bool { finalMisses != nil }

    /// Removes them; what they missed stays known. What begins a measurement goes first,
    /// so that none begins that cannot end.
    mutating func detach(from object: borrowing BPFObject) throws(BPFError) {
        guard finalMisses == nil else { return }
        finalMisses = try misses(in: object)
        while programs.popLast() != nil {}
    }
}
