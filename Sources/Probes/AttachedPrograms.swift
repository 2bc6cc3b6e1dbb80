// SPDX-License-Identifier: Apache-2.0
import BPF

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
        var missed: [String: UInt64] = [:]
        for program in programs {
            let guarded = try object.programInfo(program.name).recursionMisses ?? 0
            let count = guarded + (program.link.missed ?? 0) - (before[program.name] ?? 0)
            if count > 0 { missed[program.name] = count }
        }
        return missed
    }

    /// What begins a measurement goes first, so that none begins that cannot end.
    mutating func detach() {
        while programs.popLast() != nil {}
    }
}
