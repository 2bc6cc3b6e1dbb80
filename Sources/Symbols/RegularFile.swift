// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import Host

/// A file that was found but not opened: that would wait for a pipe's other end, or
/// set a device to work. Only regular files become one, and not those that the kernel makes up:
/// reading `/proc/kmsg` waits, and takes away what others are to read.
final class RegularFile {
    private let found: OpenFile.Shared
    /// Who may write what is in it.
    let owner: UInt32
    /// Bytes.
    let size: Int64

    /// - Parameter path: absolute; links in it lead where this process sees them, those of
    ///   `/proc` into other processes.
    convenience init?(at path: [UInt8]) {
        self.init(owning: withPath(path) { open($0, O_PATH | O_CLOEXEC) })
    }

    fileprivate convenience init?(owning descriptor: Int32) {
        guard descriptor >= 0 else { return nil }
        self.init(OpenFile.Shared(owning: descriptor))
    }

    /// - Parameter found: opened with O_PATH, by whomever.
    init?(_ found: OpenFile.Shared) {
        var status = stat()
        guard fstat(found.descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0,
            case let fileSystem = why_file_system(found.descriptor), fileSystem != -1,
            !Self.madeUp.contains(UInt32(truncatingIfNeeded: fileSystem))
        else { return nil }
        self.found = found
        owner = status.st_uid
        size = Int64(status.st_size)
    }

    /// Opens it for reading.
    func opened() -> OpenFile? {
        try? OpenFile("/proc/self/fd/\(found.descriptor)", flags: O_RDONLY | O_NONBLOCK | O_NOCTTY)
    }

    /// Of linux/magic.h: proc, sysfs, debugfs, tracefs, securityfs, cgroup, cgroup2, bpf, pstore,
    /// configfs, efivarfs, binderfs, SELinux, smack, devpts, nsfs, pipes, sockets, anonymous inodes.
    private static let madeUp: Set<UInt32> = [
        0x9fa0, 0x6265_6572, 0x6462_6720, 0x7472_6163, 0x7363_6673, 0x0027_e0eb, 0x6367_7270, 0xcafe_4a11,
        0x6165_676c, 0x6265_6570, 0xde5e_81e4, 0x6c6f_6f70, 0xf97c_ff8c, 0x4341_5d53, 0x1cd1, 0x6e73_6673,
        0x5049_5045, 0x534f_434b, 0x0904_1934,
    ]
}

/// A directory that is the root of paths and of every link in them, as it is to the
/// processes in a container.
final class Root {
    private let directory: OpenFile.Shared

    init(_ directory: OpenFile.Shared) {
        self.directory = directory
    }

    /// `nil`: it is not there, or may not be entered.
    convenience init?(_ path: String) {
        guard let directory = try? OpenFile(path, flags: O_PATH | O_DIRECTORY) else { return nil }
        self.init(OpenFile.Shared(directory))
    }

    func file(at path: [UInt8]) -> RegularFile? {
        RegularFile(owning: withPath(path) { why_find_in_root(directory.descriptor, $0, 0) })
    }
}

/// Paths are bytes: they need not be UTF-8.
func withPath<R>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> R) -> R {
    var terminated = path
    terminated.append(0)
    return terminated.withUnsafeBufferPointer { bytes in
        bytes.withMemoryRebound(to: CChar.self) { characters in
            // Not empty: it ends with 0.
            body(characters.baseAddress!)
        }
    }
}
