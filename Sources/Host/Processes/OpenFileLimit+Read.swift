// SPDX-License-Identifier: Apache-2.0
public import Model

extension OpenFileLimit {
    /// Descriptors that are counted: who has more is not short of them by a usual limit.
    private static let mostCounted = 1 << 20

    /// `nil`: there is no such process any more.
    public init?(pid: UInt32) {
        guard let text = try? readText("/proc/\(pid)/limits"), let limit = Self.limits(parsing: text)
        else { return nil }
        self.init(soft: limit.soft, hard: limit.hard, open: Self.count(pid))
    }

    private static func count(_ pid: UInt32) -> UInt64? {
        guard let directory = OpenDirectory("/proc/\(pid)/fd") else { return nil }
        var count = 0
        directory.forEachName { name in
            if name[0] != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return count <= mostCounted ? UInt64(count) : nil
    }

    /// - Parameter text: `/proc/PID/limits`: "Max open files            1024                 4096 …".
    static func limits(parsing text: String) -> (soft: UInt64?, hard: UInt64?)? {
        let name = "Max open files"
        guard let line = text.lines.first(where: { $0.hasPrefix(name) }) else { return nil }
        let words = line.dropFirst(name.count).split(separator: " ")
        // "unlimited" is no number.
        return words.count >= 2 ? (UInt64(words[0]), UInt64(words[1])) : nil
    }
}

extension FileTable {
    public static func current() -> FileTable {
        let fields = (try? readText("/proc/sys/fs/file-nr"))?.split { $0 == "\t" || $0 == "\n" }
        return FileTable(
            open: fields?.first.flatMap { UInt64($0) }, maximum: fields?.last.flatMap { UInt64($0) },
            mostPerProcess: (try? readText("/proc/sys/fs/nr_open")).flatMap {
                UInt64($0.prefix { $0 != "\n" })
            })
    }
}
