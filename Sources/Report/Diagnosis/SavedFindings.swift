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

    /// - Parameter bytes: the lines of a run (`DiagnosisJSON`), its summary last.
    public init(_ bytes: [UInt8]) throws(Damage) {
        var entries: [Entry] = []
        var isComplete = false
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
            guard let fields = TopLevelStrings.of(line), let kind = fields["kind"] else {
                throw Damage(line: index + 1, what: "not a JSON object of 'tcpwhy diagnose --json'")
            }
            switch kind {
            case "finding":
                guard let id = fields["id"], let subject = fields["subject"] else {
                    throw Damage(line: index + 1, what: "a finding without id or subject")
                }
                entries.append(Entry(id: id, subject: subject))
            case "summary": isComplete = true
            default: throw Damage(line: index + 1, what: "unknown kind \"\(kind)\"")
            }
        }
        guard isComplete else {
            throw Damage(
                line: bytes.split(separator: UInt8(ascii: "\n")).count + 1, what: "the summary is missing")
        }
        self.entries = entries
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

/// The strings of a JSON object, without those of objects and arrays in it.
enum TopLevelStrings {
    /// `nil`: not one JSON object. Checks what it needs to find the strings, no more.
    static func of(_ line: some Collection<UInt8>) -> [String: String]? {
        var fields: [String: String] = [:]
        var depth = 0
        var key: String?
        var last: String?
        var rest = Array(line)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                if depth == 0, byte != UInt8(ascii: "{") { return nil }
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth < 0 { return nil }
                guard depth == 0 else { continue }
                if let key, let last { fields[key] = last }
                return rest.isEmpty ? fields : nil
            case UInt8(ascii: "\""):
                guard let text = string(&rest) else { return nil }
                if depth == 1 { last = text }
            case UInt8(ascii: ":") where depth == 1:
                guard last != nil else { return nil }
                key = last
                last = nil
            case UInt8(ascii: ",") where depth == 1:
                if let key, let last { fields[key] = last }
                key = nil
                last = nil
            default: if depth == 0 { return nil }
            }
        }
        return nil
    }

    /// What follows a quote, up to the next one. `nil`: it does not end, or an escape that is none.
    private static func string(_ rest: inout ArraySlice<UInt8>) -> String? {
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escape = rest.popFirst() else { return nil }
                switch escape {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(escape)
                case UInt8(ascii: "u"):
                    guard let scalar = scalar(&rest) else { return nil }
                    bytes.append(contentsOf: String(Character(scalar)).utf8)
                default: return nil
                }
            default: bytes.append(byte)
            }
        }
        return nil
    }

    /// What follows `\u`: one number, or two of a pair.
    private static func scalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
        guard let first = unit(&rest) else { return nil }
        guard UTF16.isLeadSurrogate(first) else { return Unicode.Scalar(first) }
        guard rest.starts(with: "\\u".utf8) else { return nil }
        rest = rest.dropFirst(2)
        guard let second = unit(&rest), UTF16.isTrailSurrogate(second) else { return nil }
        return Unicode.Scalar(0x10000 + (UInt32(first) - 0xd800) << 10 + UInt32(second) - 0xdc00)
    }

    private static func unit(_ rest: inout ArraySlice<UInt8>) -> UInt16? {
        let digits = rest.prefix(4)
        rest = rest.dropFirst(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else {
            return nil
        }
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
