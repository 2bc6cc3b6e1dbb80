// SPDX-License-Identifier: Apache-2.0
public import Model

/// The findings of an earlier run, as `tcpwhy diagnose --save` wrote them.
public struct SavedFindings: Sendable {
    /// What makes two findings of two runs the same.
    public struct Entry: Sendable, Hashable {
        public var id: String
        public var subject: String

        public init(id: String, subject: String) {
            self.id = id
            self.subject = subject
        }
    }

    public let entries: [Entry]

    /// Why a file is none of ours.
    public struct Damage: Error, Sendable, Hashable, CustomStringConvertible {
        public let line: Int
        public let what: String

        public var description: String { "line \(line): \(what)" }
    }

    /// - Parameter bytes: the objects of a run (`DiagnosisJSON`), its summary among them; as they were
    ///   written, or as another program wrote them anew. Fields that are not known are passed over.
    public init(_ bytes: [UInt8]) throws(Damage) {
        var objects = JSONObjects(bytes)
        var entries: [Entry] = []
        var isComplete = false
        while let (fields, line) = try Self.next(&objects) {
            guard let kind = fields["kind"] else {
                throw Damage(line: line, what: "not a JSON object of 'tcpwhy diagnose --json'")
            }
            switch kind {
            case "finding":
                guard let id = fields["id"], let subject = fields["subject"] else {
                    throw Damage(line: line, what: "a finding without id or subject")
                }
                entries.append(Entry(id: id, subject: subject))
            case "summary": isComplete = true
            default: throw Damage(line: line, what: "unknown kind \"\(Printable.text(kind))\"")
            }
        }
        guard isComplete else { throw Damage(line: objects.line, what: "the summary is missing") }
        self.entries = entries
    }

    private static func next(
        _ objects: inout JSONObjects
    ) throws(Damage) -> (strings: [String: String], line: Int)? {
        do throws(JSONObjects.Malformed) { return try objects.next(["kind", "id", "subject"]) } catch {
            throw Damage(line: error.line, what: error.what)
        }
    }

    /// What a later run has that this one has not, and the other way round.
    public func compare(_ report: DiagnosisReport) -> Comparison {
        let now = report.findings.map { Entry(id: $0.id.rawValue, subject: $0.subjectText) }
        let before = Set(entries)
        return Comparison(
            new: Set(now.filter { !before.contains($0) }), gone: entries.filter { !now.contains($0) })
    }

    public struct Comparison: Sendable, Hashable {
        public var new: Set<Entry>
        /// In the order of the earlier run.
        public var gone: [Entry]

        public func isNew(_ finding: Finding) -> Bool {
            new.contains(Entry(id: finding.id.rawValue, subject: finding.subjectText))
        }
    }
}
