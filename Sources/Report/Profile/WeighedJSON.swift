// SPDX-License-Identifier: Apache-2.0
public import Model

/// JSON Lines of `tcpwhy profile --weight`, but for samples.
public enum WeighedJSON {
    /// A "stack" line per process and stack, each ended, and a "summary".
    public static func write(_ stacks: [NamedStack], _ run: WeighedRun) -> [UInt8] {
        var buffer = ProfileJSON.stacks(stacks)
        var line = JSONLine(kind: "summary", in: &buffer)
        line.string("weight", run.weight.rawValue)
        line.string("unit", run.weight.unit)
        line.integer("total", run.total)
        line.integer("counted", run.counted)
        switch run.subject {
        case .searches(let searches, let method):
            line.integer("searches", searches)
            line.string("method", method?.rawValue)
        case .drops(let drops):
            line.integer("syns", drops.syns)
            line.integer("unclear", drops.unclear)
        }
        line.integer("without_stack", run.withoutStack)
        line.integer("truncated", run.truncated)
        line.integer("max_frames", run.depth)
        line.losses(run.loss)
        line.string("backend", run.backend.rawValue)
        line.number("duration_s", run.duration)
        line.integer("others", run.others)
        line.end(in: &buffer)
        return buffer
    }
}
