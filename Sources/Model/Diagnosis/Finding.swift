// SPDX-License-Identifier: Apache-2.0

/// One cause of lost or delayed connections: what it is, by which numbers it is known,
/// what it costs, and what to do.
public struct Finding: Sendable, Hashable {
    public var id: FindingID
    public var severity: Severity
    public var confidence: Confidence
    public var subject: Subject
    /// Whom it concerns, as people write it: "0.0.0.0:80 nginx", "nginx to 127.0.0.1:9000".
    public var subjectText: String
    /// One sentence.
    public var summary: String
    public var evidence: [Evidence]
    public var impact: Impact
    public var fixes: [Fix]
    /// The command that shows whether a fix helped.
    public var check: ShellCommand
    /// What would settle it; empty if it is certain.
    public var unsettled: String
    /// The finding that this one follows from; `nil`: it is a cause by itself.
    public var consequenceOf: Reference?

    public init(
        id: FindingID, severity: Severity, confidence: Confidence, subject: Subject, subjectText: String,
        summary: String, evidence: [Evidence], impact: Impact, fixes: [Fix], check: ShellCommand,
        unsettled: String = "", consequenceOf: Reference? = nil
    ) {
        self.id = id
        self.severity = severity
        self.confidence = confidence
        self.subject = subject
        self.subjectText = subjectText
        self.summary = summary
        self.evidence = evidence
        self.impact = impact
        self.fixes = fixes
        self.check = check
        self.unsettled = unsettled
        self.consequenceOf = consequenceOf
    }

    public var reference: Reference { Reference(id: id, subject: subject) }

    /// Which finding.
    public struct Reference: Sendable, Hashable {
        public var id: FindingID
        public var subject: Subject

        public init(id: FindingID, subject: Subject) {
            self.id = id
            self.subject = subject
        }
    }

    /// What a finding is about, by which findings are set in relation.
    public enum Subject: Sendable, Hashable {
        case listener(Listener)
        /// Connects of processes of this name to there.
        case destination(Destination, command: String)
        /// Processes of this name in a network namespace.
        case process(String, netns: UInt32)
        /// A network namespace, by its inode.
        case namespace(UInt32)
        /// A local port of a namespace on which packets were lost; 0: any.
        case port(UInt16, netns: UInt32)
        /// A Unix socket, as processes of a network namespace name it.
        case path(String, netns: UInt32)
        /// A network interface of a namespace.
        case interface(String, netns: UInt32)
        case host

        /// The namespace's inode; `nil`: of all, or not of one.
        public var netns: UInt32? {
            switch self {
            case .listener(let listener): listener.netns
            case .destination(let destination, _): destination.netns
            case .process(_, let inode), .namespace(let inode), .port(_, let inode), .path(_, let inode),
                .interface(_, let inode):
                inode
            case .host: nil
            }
        }
    }
}

/// How much it matters, in rising order.
public enum Severity: String, Sendable, Hashable, CaseIterable, Comparable {
    case info, warning, critical

    public static func < (left: Severity, right: Severity) -> Bool {
        allCases.firstIndex(of: left) ?? 0 < allCases.firstIndex(of: right) ?? 0
    }
}

/// How sure it is, in rising order.
public enum Confidence: String, Sendable, Hashable, CaseIterable, Comparable {
    case possible, likely, certain

    public static func < (left: Confidence, right: Confidence) -> Bool {
        allCases.firstIndex(of: left) ?? 0 < allCases.firstIndex(of: right) ?? 0
    }
}

/// A number that a finding rests on.
public struct Evidence: Sendable, Hashable {
    /// With its unit, for programs: "listen_overflows_per_s".
    public var name: String
    public var value: Double
    /// The same for people: "312 of 2,915 connections a second found the accept queue full".
    public var text: String
    public var source: EvidenceSource
    /// The kernel counter that agrees: "ListenOverflows". `nil`: there is none.
    public var counter: String?

    public init(
        _ name: String, _ value: Double, _ text: String, by source: EvidenceSource, counter: String? = nil
    ) {
        self.name = name
        self.value = value
        self.text = text
        self.source = source
        self.counter = counter
    }
}

/// How a number of a finding was come by.
public enum EvidenceSource: Sendable, Hashable {
    case traced(Backend)
    /// The kernel's own counter.
    case counter
    /// Looked at now and then.
    case sampled
    /// Calculated from others.
    case derived
    /// Estimated from others: no more than a guide.
    case estimated
    /// A setting (sysctl, listen backlog).
    case setting

    public var name: String {
        switch self {
        case .traced(let backend): backend.rawValue
        case .counter: "counter"
        case .sampled: "sampled"
        case .derived: "derived"
        case .estimated: "estimated"
        case .setting: "setting"
        }
    }

    /// Whether each event was counted.
    public var isExact: Bool {
        switch self {
        case .traced, .counter, .setting: true
        case .sampled, .derived, .estimated: false
        }
    }
}

/// What it costs.
public struct Impact: Sendable, Hashable {
    /// Connections that failed for it, a second.
    public var failedPerSecond: Double
    /// Connections that were made to wait, a second.
    public var delayedPerSecond: Double
    /// The share of all connections of its kind that failed or waited, 0 to 1. `nil`: not known.
    public var share: Double?
    /// By how much each of them was made to wait, nanoseconds. `nil`: not known.
    public var delay: UInt64?

    public init(failed: Double = 0, delayed: Double = 0, share: Double? = nil, delay: UInt64? = nil) {
        failedPerSecond = failed
        delayedPerSecond = delayed
        self.share = share
        self.delay = delay
    }
}

/// Something to do about a finding. tcpwhy itself never does it.
public struct Fix: Sendable, Hashable {
    /// One sentence.
    public var what: String
    /// To be typed as it is, or the configuration line; empty where only a change of the
    /// program helps.
    public private(set) var command: String
    /// How it outlives the next start of the machine or the service; empty: it does.
    public var lasting: String
    public var risk: String
    public var setting: Setting?

    /// The same for programs.
    public enum Setting: Sendable, Hashable {
        case sysctl(name: String, value: String)
        /// A line of a program's configuration.
        case directive(program: String, name: String, value: String)
    }

    public init(
        _ what: String, command: ShellCommand = "", lasting: String = "", risk: String = "",
        setting: Setting? = nil
    ) {
        self.init(what, text: command.text, lasting, risk, setting)
    }

    /// - Parameter line: of a program's configuration or source.
    public init(
        _ what: String, line: ConfigurationLine, lasting: String = "", risk: String = "",
        setting: Setting? = nil
    ) {
        self.init(what, text: line.text, lasting, risk, setting)
    }

    private init(_ what: String, text: String, _ lasting: String, _ risk: String, _ setting: Setting?) {
        self.what = what
        command = text
        self.lasting = lasting
        self.risk = risk
        self.setting = setting
    }
}
