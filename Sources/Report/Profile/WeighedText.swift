// SPDX-License-Identifier: Apache-2.0
public import Model

/// What is said of a profile by another weight than samples.
public enum WeighedText {
    /// Of a picture.
    public static func title(_ weight: StackWeight) -> String {
        switch weight {
        case .cpu: "CPU"
        case .portTime: "Time of port searches"
        case .portsTried: "Ports tried"
        case .drops: "Dropped packets"
        }
    }

    /// Below a picture's title.
    public static func subtitle(_ run: WeighedRun) -> String {
        "\(sum(run)), \(Units.seconds(run.duration))"
    }

    /// "81,234 ns in 40 searches for a port in 10s, backend fentry; of them 12 ns without …"
    public static func summary(_ run: WeighedRun) -> String {
        var text = "\(sum(run)) in \(Units.seconds(run.duration)), backend \(run.backend.rawValue)"
        if case .searches(_, let method?) = run.subject, run.weight == .portsTried {
            text += ", \(method.rawValue)"
        }
        let unit = run.weight.unit
        let parts = [
            (run.truncated, SampleLossText.truncated(at: run.depth, of: run.mostFrames)),
            (run.withoutStack, "without their stack (table full)"),
            (run.others, "in [others] (rare stacks)"),
        ].filter { $0.0 > 0 }.map { "\(Units.exact($0.0)) \(unit) \($0.1)" }
        if !parts.isEmpty { text += "; of them " + parts.joined(separator: ", ") }
        let remarks = remarks(run)
        return ([text] + remarks).joined(separator: "\n")
    }

    private static func sum(_ run: WeighedRun) -> String {
        let total = "\(Units.exact(run.total)) \(run.weight.unit)"
        switch run.subject {
        case .searches(let searches, _):
            return "\(total) in \(Units.exact(searches)) \(searches == 1 ? "search" : "searches") for a port"
        case .drops(let drops):
            guard let syns = drops.syns else { return "\(total) dropped" }
            return "\(total) dropped, \(Units.exact(syns)) of them SYNs by listening sockets"
        }
    }

    /// What is not in the stacks, a line each.
    private static func remarks(_ run: WeighedRun) -> [String] {
        var remarks: [String] = []
        if run.counted != run.total {
            remarks.append("the kernel has \(Units.exact(run.counted)) \(run.weight.unit) in all")
        }
        if case .drops(let drops) = run.subject {
            if drops.syns == nil {
                remarks.append(
                    "SYNs that listening sockets drop are not among them: backend \(run.backend.rawValue) "
                        + "does not see those")
            }
            if drops.unclear > 0 {
                remarks.append(
                    "\(Units.exact(drops.unclear)) packets freed without a reason are not among them: no "
                        + "drops, as far as can be told")
            }
            if !drops.hasReasons { remarks.append("this kernel gives no reasons (Linux 5.17 does)") }
        }
        if !run.loss.isEmpty {
            remarks.append((run.weight == .drops ? LossText.drops : LossText.ports).line(run.loss))
        }
        return remarks
    }
}
