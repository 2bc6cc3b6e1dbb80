// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import Host

/// Tells whether two open files are the same, unchanged one.
struct FileIdentity: Hashable {
    private let device: UInt64
    let inode: UInt64
    private let size: Int64
    private let seconds: Int
    private let nanoseconds: Int

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}

/// A file that was found but not opened: that would wait for a pipe's other end, or
/// set a device to work. Only regular files become one.
final class RegularFile {
    private let found: OpenFile
    let identity: FileIdentity
    /// Who may write what is in it.
    let owner: UInt32

    /// - Parameter path: absolute; links in it lead where this process sees them, those of
    ///   `/proc` into other processes.
    convenience init?(at path: [UInt8]) {
        self.init(withPath(path) { open($0, O_PATH | O_CLOEXEC) })
    }

    fileprivate init?(_ descriptor: Int32) {
        guard descriptor >= 0 else { return nil }
        let found = OpenFile(owning: descriptor)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        self.found = found
        identity = FileIdentity(status)
        owner = status.st_uid
    }

    /// Opens it for reading.
    func opened() -> OpenFile? {
        try? OpenFile("/proc/self/fd/\(found.descriptor)")
    }
}

/// A directory that is the root of paths and of every link in them, as it is to the
/// processes in a container.
final class Root {
    private let directory: OpenFile

    /// `nil`: it is not there, or may not be entered.
    init?(_ path: String) {
        guard let directory = try? OpenFile(path, flags: O_PATH | O_DIRECTORY) else { return nil }
        self.directory = directory
    }

    func file(at path: [UInt8]) -> RegularFile? {
        RegularFile(withPath(path) { why_find_in_root(directory.descriptor, $0) })
    }
}

/// Paths are bytes: they need not be UTF-8.
private func withPath<R>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> R) -> R {
    var terminated = path
    terminated.append(0)
    return terminated.withUnsafeBufferPointer { bytes in
        bytes.withMemoryRebound(to: CChar.self) { characters in
            // Not empty: it ends with 0.
            body(characters.baseAddress!)
        }
    }
}
