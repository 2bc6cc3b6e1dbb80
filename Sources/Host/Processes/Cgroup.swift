// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// An open directory of the cgroup v2 tree, which BPF maps name a cgroup by.
public struct Cgroup: ~Copyable, Sendable {
    public let path: String
    /// What the kernel calls it by: the inode of the directory (5.5 and later).
    public let id: UInt64
    private let file: OpenFile

    /// Belongs to this.
    public var descriptor: Int32 { file.descriptor }

    /// - Parameter path: of a directory (`/sys/fs/cgroup/system.slice/nginx.service`),
    ///   or in the tree (`/system.slice/nginx.service`, as `/proc/PID/cgroup` has it).
    public init(_ path: String) throws(HostError) {
        var paths = [path]
        if !path.isEmpty, let mount = Self.mountPoint() {
            paths.append(mount + (path.hasPrefix("/") ? path : "/\(path)"))
        }
        for path in paths {
            guard let file = try? OpenFile(path, flags: O_RDONLY | O_DIRECTORY),
                why_file_system(file.descriptor) == Self.magic, let status = try? file.status(path)
            else { continue }
            self.path = path
            self.id = UInt64(status.st_ino)
            self.file = file
            return
        }
        throw HostError("use cgroup \(path)", detail: "there is no such cgroup v2 directory")
    }

    private static let magic = 0x6367_7270

    /// Where the tree is mounted; `nil`: nowhere.
    public static func mountPoint() -> String? {
        (try? readText("/proc/self/mountinfo")).flatMap { mountPoint(parsing: $0) }
    }

    /// - Parameter text: `/proc/PID/mountinfo`.
    public static func mountPoint(parsing text: String) -> String? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            // A number of optional fields ends with "-"; the file system's type follows.
            guard let dash = words.firstIndex(of: "-"), dash >= 6, dash + 1 < words.count,
                words[dash + 1] == "cgroup2", words[3] == "/"
            else { continue }
            return unescaped(words[4])
        }
        return nil
    }

    /// - Parameter text: `/proc/PID/cgroup`, in which v2 is number 0.
    static func path(parsing text: String) -> String? {
        for line in text.split(separator: "\n") where line.hasPrefix("0::") {
            return String(line.dropFirst(3))
        }
        return nil
    }

    /// mountinfo writes space, tab, newline and backslash as `\040` and so on.
    static func unescaped(_ text: Substring) -> String {
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
