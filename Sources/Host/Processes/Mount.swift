// SPDX-License-Identifier: Apache-2.0

/// A line of `/proc/PID/mountinfo` (`show_mountinfo`, fs/proc_namespace.c).
struct Mount {
    let point: String
    /// What of the file system is there: "/", or in a container its own part.
    let root: String
    /// "cgroup2"
    let fileSystem: String
    /// Of the file system: "rw", "cpu", "cpuacct".
    let options: [String]

    /// `nil`: it is no such line.
    private init?(parsing line: Substring) {
        let words = line.split(separator: " ")
        // A number of optional fields ends with "-"; file system, source and options follow.
        guard let dash = words.firstIndex(of: "-"), dash >= 6, dash + 3 < words.count else { return nil }
        point = Self.unescaped(words[4])
        root = Self.unescaped(words[3])
        fileSystem = String(words[dash + 1])
        options = words[dash + 3].split(separator: ",").map(String.init)
    }

    static func all(parsing text: String) -> [Mount] {
        text.lines.compactMap(Mount.init(parsing:))
    }

    /// Those that this process sees; none where that cannot be read.
    static func all() -> [Mount] {
        (try? readText("/proc/self/mountinfo")).map(all(parsing:)) ?? []
    }

    /// Space, tab, newline and backslash are written as `\040` and so on.
    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
