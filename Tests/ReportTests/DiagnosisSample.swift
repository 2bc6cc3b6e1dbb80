// SPDX-License-Identifier: Apache-2.0
import Model

/// A run that found too few workers, and what follows from that.
enum DiagnosisSample {
    static let listener = Listener(
        netns: 4_026_532_000, address: IPAddress(127, 0, 0, 1), port: 9000, inode: 77)

    static var workers: Finding {
        Finding(
            id: .workersTooFew, severity: .critical, confidence: .likely, subject: .listener(listener),
            subjectText: "127.0.0.1:9000 php-fpm8.2",
            summary:
                "php-fpm8.2 (5 processes) accepts 230 connections a second, and 89 wait there all the time",
            evidence: [
                Evidence("accepts_per_s", 230.5, "1,715 connections were accepted", by: .traced(.tracepoint)),
                Evidence("median_depth", 91, "91 or more waited at half of the looks", by: .sampled),
            ],
            impact: Impact(delayed: 230, share: 1, delay: 388_000_000),
            fixes: [
                Fix(
                    "let php-fpm8.2 serve 115 at once", command: "pm.max_children = 115",
                    lasting: "in the pool's file", risk: "each holds 3.36 MiB",
                    setting: .directive(program: "php-fpm", name: "pm.max_children", value: "115"))
            ],
            check: "tcpwhy listeners -P 9000 -d 10", unsettled: "a trace of waits")
    }

    static var overflow: Finding {
        Finding(
            id: .acceptQueueOverflow, severity: .warning, confidence: .certain,
            subject: .listener(listener), subjectText: "127.0.0.1:9000 php-fpm8.2",
            summary: "12.5 connections a second find the accept queue full",
            evidence: [
                Evidence(
                    "listen_overflows_per_s", 12.5, "125 connections found it full", by: .traced(.fentry),
                    counter: "ListenOverflows")
            ],
            impact: Impact(failed: 0.5, delayed: 12, share: 0.05, delay: 1_000_000_000),
            fixes: [
                Fix(
                    "let accept queues be as long as 512", command: "sysctl -w net.core.somaxconn=512",
                    setting: .sysctl(name: "net.core.somaxconn", value: "512"))
            ], check: "tcpwhy drops -P 9000 -d 10", consequenceOf: workers.reference)
    }

    static func report(_ findings: [Finding]) -> DiagnosisReport {
        DiagnosisReport(
            findings: findings, examined: [.workersTooFew, .acceptQueueOverflow, .retransmits],
            notExamined: [.cpuSaturated: "no samples", .elsewhere: "no samples"],
            remarks: ["namespace blue went away"], duration: 10, wallTime: 0,
            loss: Loss())
    }
}
