// SPDX-License-Identifier: Apache-2.0
import Model

/// What lets accept succeed again: the limit that it met, raised where it is set.
enum AcceptFailureFixes {
    /// - Parameter process: of which it failed. `nil`: it is gone.
    static func of(error: Int32, _ process: ProcessFacts?, _ owner: Owner, _ seen: Observation) -> [Fix] {
        switch error {
        case ErrorNumber.tooManyOpenFiles: openFiles(process, owner, seen)
        case ErrorNumber.tooManyOpenFilesInSystem: [fileTable(seen)]
        case ErrorNumber.notPermitted:
            [
                Fix(
                    "see what forbids it: the audit log names the rule",
                    command: "ausearch -m avc,seccomp -ts recent")
            ]
        default:
            [
                Fix(
                    "see what takes the memory, and the bound on the service's own",
                    command: "cat /proc/meminfo /proc/net/sockstat"
                        + (process.map { "; cat /proc/\($0.pid)/cgroup" } ?? "")
                )
            ]
        }
    }

    private static let mostPerProcess: UInt64 = 1 << 20

    private static func openFiles(_ process: ProcessFacts?, _ owner: Owner, _ seen: Observation) -> [Fix] {
        guard let process, let soft = process.openFiles?.soft else {
            return [Fix("let \(owner.name) have more files open (RLIMIT_NOFILE, ulimit -n)")]
        }
        let most = seen.fileTable.mostPerProcess ?? mostPerProcess
        let value = UInt64(PowerOfTwo.atLeast(max(Double(soft) * 4, 1024), most: Int(clamping: most)))
        guard value > soft else {
            return [
                Fix(
                    "\(owner.name) may have no more files open than fs.nr_open: let it close what it does not need"
                )
            ]
        }
        let hard = process.openFiles?.hard
        let limits: ShellCommand = hard.map { "\(value):\(max(value, $0))" } ?? "\(value)"
        return [
            Fix(
                "let it have \(value) files open at once, instead of \(soft)",
                command: "prlimit --pid \(process.pid) --nofile=\(limits)",
                lasting: lasting(value, process, owner),
                risk:
                    "a program that never closes its files only fails later: see ls -l /proc/\(process.pid)/fd"
            )
        ]
    }

    private static func lasting(_ value: UInt64, _ process: ProcessFacts, _ owner: Owner) -> String {
        let line = owner.program?.openFiles(value)
        let edit: ShellCommand = "systemctl edit \(operand: process.unit)"
        let unit =
            process.unit.hasSuffix(".service")
            ? "LimitNOFILE=\(value) by \(edit), then restart it"
            : "the limit that whoever starts it sets (LimitNOFILE= of a unit, ulimit -n of a shell, docker run --ulimit)"
        return [line, unit].compactMap(\.self).joined(separator: "; or ")
    }

    private static func fileTable(_ seen: Observation) -> Fix {
        let now = seen.fileTable.maximum ?? 0
        let value = PowerOfTwo.atLeast(max(Double(now) * 2, 65536), most: 1 << 30)
        guard UInt64(value) > now else { return Fix("find out who has so many files open: lsof -n") }
        return Fix.sysctl(
            "let the machine have \(value) files open, instead of \(now)", "fs.file-max", "\(value)", in: nil,
            seen,
            risk: "each open file takes kernel memory")
    }
}
