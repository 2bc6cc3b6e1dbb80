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
        var isThere = false
        for path in paths {
            guard let file = try Self.directory(path, &isThere), let status = try? file.status(path)
            else { continue }
            self.path = path
            self.id = UInt64(status.st_ino)
            self.file = file
            return
        }
        throw HostError(
            "use cgroup \(path)",
            detail: isThere ? "it is no cgroup v2 directory" : "there is no such cgroup v2 directory")
    }

    /// What is no directory is not opened at all. `nil`: it is no cgroup's.
    /// - Parameter isThere: becomes true if there is anything.
    private static func directory(_ path: String, _ isThere: inout Bool) throws(HostError) -> OpenFile? {
        do throws(HostError) {
            let file = try OpenFile(path, flags: O_RDONLY | O_DIRECTORY)
            isThere = true
            guard file.isIn(.cgroup2) else { return nil }
            return file
        } catch {
            guard error.errno == ENOENT || error.errno == ENOTDIR else { throw error }
            if error.errno == ENOTDIR { isThere = true }
            return nil
        }
    }

    /// Where the tree is mounted; `nil`: nowhere.
    public static func mountPoint() -> String? { mountPoint(of: Mount.all()) }

    /// Where all of it is: a container's own part is not enough.
    static func mountPoint(of mounts: [Mount]) -> String? {
        mounts.first { $0.fileSystem == "cgroup2" && $0.root == "/" }?.point
    }

    /// - Parameter text: `/proc/PID/cgroup`, in which v2 is number 0.
    static func path(parsing text: String) -> String? {
        for line in text.lines where line.hasPrefix("0::") {
            return String(line.dropFirst(3))
        }
        return nil
    }
}
