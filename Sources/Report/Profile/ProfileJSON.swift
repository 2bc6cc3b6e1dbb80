// SPDX-License-Identifier: Apache-2.0
public import Model

/// JSON Lines of `tcpwhy profile`.
public enum ProfileJSON {
    /// A "stack" line per process and stack, each ended, and a "summary".
    public static func write(_ stacks: [NamedStack], _ run: ProfileRun) -> [UInt8] {
        var buffer = Self.stacks(stacks)
        var line = JSONLine(kind: "summary", in: &buffer)
        line.integer("samples", run.taken)
        line.object("lost") { line in
            line.integer("unplaced", run.loss.unplaced)
            line.integer("without_stack", run.loss.withoutStack)
        }
        line.integer("truncated", run.loss.truncated)
        line.integer("max_frames", run.loss.depth)
        line.string("clock", run.clock)
        line.integer("frequency", run.frequency)
        line.integer("cpus", run.cpus)
        line.number("duration_s", run.duration)
        line.integer("others", run.loss.others)
        line.end(in: &buffer)
        return buffer
    }

    static func stacks(_ stacks: [NamedStack]) -> [UInt8] {
        var buffer: [UInt8] = []
        for stack in stacks {
            var line = JSONLine(kind: "stack", in: &buffer)
            line.integer("pid", stack.owner?.pid)
            line.string("comm", stack.owner?.command)
            line.strings("frames", stack.frames)
            line.integer("count", stack.count)
            line.end(in: &buffer)
        }
        return buffer
    }
}
