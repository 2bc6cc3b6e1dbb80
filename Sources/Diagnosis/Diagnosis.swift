// SPDX-License-Identifier: Apache-2.0
public import Model

/// One question about a run, and how to answer it.
public protocol Rule: Sendable {
    /// What it can find: these are looked for together, or none of them.
    var ids: [FindingID] { get }
    func examine(_ seen: Observation) throws -> [Finding]
}

/// The causes, ranked: rules are asked one by one, then what follows from another
/// finding is put under it.
public struct Diagnosis: Sendable {
    private let rules: [any Rule]

    public init(rules: [any Rule] = Diagnosis.allRules) {
        self.rules = rules
    }

    public func examine(_ seen: Observation) -> DiagnosisReport {
        var findings: [Finding] = []
        var examined: [FindingID] = []
        var notExamined: [FindingID: String] = [:]
        for rule in rules {
            do {
                findings += try rule.examine(seen).map(\.withoutAlarm)
                examined += rule.ids
            } catch {
                // Nothing is silently missing: a rule that fails in any way says so.
                let why = (error as? NotExamined)?.why ?? "\(error)"
                for id in rule.ids { notExamined[id] = why }
            }
        }
        findings = Consequences.link(SharedPorts.merge(findings))
        findings = Elsewhere.judge(seen, beside: findings)
        if case .not(let why) = seen.hotspots {
            notExamined[.elsewhere] = why
        } else {
            examined.append(.elsewhere)
        }
        var loss = Loss()
        if case .seen(let ports) = seen.ports { loss.merge(ports.loss) }
        if case .seen(let drops) = seen.drops { loss.merge(drops.loss) }
        return DiagnosisReport(
            findings: Ranking.sorted(findings), examined: examined, notExamined: notExamined,
            remarks: Remarks.of(seen), duration: seen.duration, wallTime: seen.wallTime, loss: loss)
    }
}

extension Finding {
    /// What is only possible raises no alarm, whatever it would cost.
    fileprivate var withoutAlarm: Finding {
        guard confidence == .possible else { return self }
        var finding = self
        finding.severity = .info
        return finding
    }
}
