// SPDX-License-Identifier: Apache-2.0
import Collector
import Host
import Model
import Report

/// `tcpwhy check` as text and as JSON.
enum CheckReport {
    static func text(_ findings: CheckFindings) -> String {
        var lines: [String] = []
        func add(_ name: String, _ value: String) {
            lines.append(name.padded(to: 13) + value)
        }
        add("kernel", findings.kernel.description)
        for (number, line) in privileges(findings).enumerated() { add(number == 0 ? "privileges" : "", line) }
        add("BTF", findings.typesObstacle.map { "no: \(oneLine($0))" } ?? "yes")
        add("lockdown", findings.lockdown.rawValue)
        for probe in findings.probes {
            lines.append("")
            add(probe.name, probe.chosen?.rawValue ?? probe.kind ?? "–")
            add("", probe.measures)
            for refusal in probe.refused {
                add("", "not \(refusal.backend.rawValue): \(oneLine(refusal.why))")
            }
        }
        if let obstacle = findings.obstacle { lines += ["", obstacle] }
        return lines.joined(separator: "\n") + "\n"
    }

    static func json(_ findings: CheckFindings) -> [UInt8] {
        var buffer: [UInt8] = []
        var line = JSONLine(kind: "check", in: &buffer)
        line.string("kernel", findings.kernel.release)
        line.string("machine", findings.kernel.machine)
        line.bool("can_trace", findings.canTrace)
        line.string("obstacle", findings.obstacle)
        line.string(
            "missing_capabilities",
            findings.missing.map { $0.map(\.capability.description).joined(separator: ",") })
        line.bool("user_namespace", findings.isInUserNamespace)
        line.bool("btf", findings.typesObstacle == nil)
        line.string("lockdown", findings.lockdown.rawValue)
        line.object("probes") { line in
            for probe in findings.probes {
                line.object(probe.name) { line in
                    line.string("backend", probe.chosen?.rawValue)
                    line.string("measures", probe.measures)
                    line.object("refused") { line in
                        for refusal in probe.refused {
                            line.string(refusal.backend.rawValue, oneLine(refusal.why))
                        }
                    }
                }
            }
        }
        line.end(in: &buffer)
        return buffer
    }

    private static func privileges(_ findings: CheckFindings) -> [String] {
        if findings.isInUserNamespace { return ["root of a user namespace only: none over the kernel"] }
        guard let missing = findings.missing else { return ["unknown"] }
        if missing.isEmpty { return ["sufficient"] }
        return missing.map { "missing \($0.capability): \($0.without)" }
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: "; ")
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(width - count, 1))
    }
}
