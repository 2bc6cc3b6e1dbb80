// SPDX-License-Identifier: Apache-2.0
import Glibc
import Model

/// All of it is in the hands of whoever started the process: read up to a limit, made printable.
extension ProgramFacts {
    /// Bytes of `/proc/PID/cmdline`, and arguments in them, that are looked at.
    static let mostBytes = 4096
    static let mostArguments = 64
    /// Threads whose names are looked at.
    static let mostThreads = 256

    /// Everything but the number of threads, which is among the process's other facts.
    mutating func readRest(of pid: UInt32) {
        executable = Self.executable(link: Self.link("/proc/\(pid)/exe"))
        arguments =
            (try? OpenFile("/proc/\(pid)/cmdline").readAllBytes("cmdline", limit: Self.mostBytes))
            .map(Self.arguments(parsing:)) ?? []
        // Only of these do the names tell which server it is.
        if executable == "java" || executable.hasPrefix("ruby") {
            threadNames = Self.threadNames(Self.names(ofThreadsOf: pid))
        }
        isGo = GoBinary.isOne(process: pid)
    }

    /// - Parameter link: what `/proc/PID/exe` leads to: a path, with " (deleted)" behind it once the
    ///   file is gone (`d_path`, fs/d_path.c), as after an upgrade.
    static func executable(link: [UInt8]) -> String {
        let name = String(decoding: link.split(separator: UInt8(ascii: "/")).last ?? [], as: UTF8.self)
        let deleted = " (deleted)"
        return Printable.text(name.hasSuffix(deleted) ? String(name.dropLast(deleted.count)) : name)
    }

    /// - Parameter bytes: arguments with a zero after each. A server that wrote a title of its own
    ///   there leaves zeros behind it.
    static func arguments(parsing bytes: [UInt8]) -> [String] {
        var parts = bytes.split(separator: 0, maxSplits: mostArguments, omittingEmptySubsequences: false)
        if parts.count > mostArguments { parts.removeLast() }
        while parts.last?.isEmpty == true { parts.removeLast() }
        return parts.map { Printable.text(String(decoding: $0, as: UTF8.self)) }
    }

    static func threadNames(_ names: [String]) -> [String: Int] {
        names.reduce(into: [:]) { counts, name in
            let number = name.reversed().prefix { $0.isASCII && $0.isNumber }.count
            counts[Printable.text(String(name.dropLast(number))), default: 0] += 1
        }
    }

    private static func names(ofThreadsOf pid: UInt32) -> [String] {
        directoryEntries("/proc/\(pid)/task").prefix(mostThreads).compactMap { thread in
            Int32(thread).flatMap(Processes.comm)
        }
    }

    private static func link(_ path: String) -> [UInt8] {
        withUnsafeTemporaryAllocation(byteCount: Int(PATH_MAX), alignment: 1) { buffer in
            guard let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self) else { return [] }
            let length = readlink(path, base, buffer.count)
            return length > 0 ? Array(buffer[..<length]) : []
        }
    }
}
