// SPDX-License-Identifier: Apache-2.0
public import Model

extension ProcessFacts {
    /// `nil`: there is no such process any more.
    public init?(pid: UInt32) {
        guard let status = try? readText("/proc/\(pid)/status") else { return nil }
        let cgroup = try? Processes.cgroup(Int32(bitPattern: pid))
        self.init(pid: pid, status: status, cgroup: cgroup ?? nil)
        program.readRest(of: pid)
    }

    /// - Parameters:
    ///   - status: `/proc/PID/status`.
    ///   - cgroup: its path in the cgroup v2 tree.
    init?(pid: UInt32, status: String, cgroup: String?) {
        var fields: [Substring: Substring] = [:]
        for line in status.lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].utf8.drop { $0 == UInt8(ascii: "\t") || $0 == 0x20 }
            fields[line[..<colon]] = Substring(value)
        }
        guard let name = fields["Name"] else { return nil }
        let kibibytes = fields["RssAnon"]?.split(separator: " ").first.flatMap { UInt64($0) }
        self.init(
            pid: pid, command: String(name), parent: fields["PPid"].flatMap { UInt32($0) } ?? 0,
            ownMemory: kibibytes.map { $0 &* 1024 },
            unit: cgroup?.split(separator: "/").last.map(String.init) ?? "")
        program.threads = fields["Threads"].flatMap { Int($0) }
    }
}

/// Memory of the whole machine.
public enum Memory {
    /// Bytes that programs can have before others must give some up (`MemAvailable`).
    /// `nil`: the kernel does not say.
    public static func available() -> UInt64? {
        (try? readText("/proc/meminfo")).flatMap(available(parsing:))
    }

    static func available(parsing text: String) -> UInt64? {
        for line in text.lines where line.hasPrefix("MemAvailable:") {
            return line.split(separator: " ").dropFirst().first.flatMap { UInt64($0) }.map { $0 &* 1024 }
        }
        return nil
    }
}
