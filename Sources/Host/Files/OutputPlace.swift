// SPDX-License-Identifier: Apache-2.0
package import Glibc

/// Where a path leads that is to be written: a directory, held open, and a name in it.
///
/// Symbolic links are followed here one by one, so that none is followed that another user put where
/// everybody may (`/tmp`): root would write wherever they like.
package struct OutputPlace: ~Copyable {
    package let directory: OpenFile
    package let name: String
    /// What is there; `nil`: nothing yet.
    package let status: stat?
    /// Whether the name is the kernel's own link to something that is open, which is where `/dev/stdout`
    /// and `/dev/fd/3` lead to.
    package let isDescriptor: Bool

    /// As many as the kernel itself follows.
    private static let mostLinks = 40

    package init(_ path: String) throws(HostError) {
        func refusal(_ errno: Int32, _ detail: String? = nil) -> HostError {
            HostError(errno: errno, "write to \(path)", detail: detail)
        }
        guard !path.isEmpty else { throw refusal(ENOENT) }
        var directory = try Self.open(path.hasPrefix("/") ? "/" : ".", in: AT_FDCWD, refusal)
        var rest = Self.names(path)
        var links = 0
        while let name = rest.popFirst() {
            var status = stat()
            guard fstatat(directory.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                guard errno == ENOENT, rest.isEmpty else { throw refusal(errno) }
                self.init(directory: directory, name: name, status: nil, isDescriptor: false)
                return
            }
            let kind = status.st_mode & S_IFMT
            if kind != S_IFDIR, Self.isOthers(status, in: directory.descriptor) {
                throw refusal(0, "another user put '\(name)' where everybody may; name another file")
            }
            guard kind == S_IFLNK else {
                if rest.isEmpty {
                    if kind == S_IFDIR { throw refusal(EISDIR) }
                    self.init(directory: directory, name: name, status: status, isDescriptor: false)
                    return
                }
                // What has become a link since then is none that was looked at.
                directory = try Self.open(name, in: directory.descriptor, following: O_NOFOLLOW, refusal)
                continue
            }
            links += 1
            guard links <= Self.mostLinks else { throw refusal(ELOOP) }
            if directory.isIn(.proc) {
                // What such a link says need not be a path.
                if rest.isEmpty {
                    var target = stat()
                    guard fstatat(directory.descriptor, name, &target, 0) == 0 else { throw refusal(errno) }
                    if target.st_mode & S_IFMT == S_IFDIR { throw refusal(EISDIR) }
                    self.init(directory: directory, name: name, status: target, isDescriptor: true)
                    return
                }
                directory = try Self.open(name, in: directory.descriptor, refusal)
                continue
            }
            guard let target = Self.target(of: name, in: directory.descriptor) else { throw refusal(errno) }
            if target.hasPrefix("/") { directory = try Self.open("/", in: AT_FDCWD, refusal) }
            rest = Self.names(target) + rest
        }
        throw refusal(EISDIR)
    }

    private init(directory: consuming OpenFile, name: String, status: stat?, isDescriptor: Bool) {
        self.directory = directory
        self.name = name
        self.status = status
        self.isDescriptor = isDescriptor
    }

    /// Whether a file system begins at what is there, as where a container is given one file: it can be
    /// written, but nothing can take its place.
    package var isMountPoint: Bool {
        let flags = OpenFile.placeOnly | O_NOFOLLOW
        guard let file = try? OpenFile(name, flags: flags, in: directory.descriptor) else { return false }
        return file.mount != directory.mount
    }

    /// A path that ends in a slash is that of a directory.
    private static func names(_ path: String) -> ArraySlice<String> {
        let names = path.split(separator: "/").map(String.init)
        return (path.hasSuffix("/") ? names + ["."] : names)[...]
    }

    private static func open(
        _ name: String, in directory: Int32, following: Int32 = 0, _ refusal: (Int32, String?) -> HostError
    ) throws(HostError) -> OpenFile {
        let descriptor = openat(
            directory, name, OpenFile.placeOnly | O_DIRECTORY | O_CLOEXEC | following)
        guard descriptor >= 0 else { throw refusal(errno, nil) }
        return OpenFile(owning: descriptor)
    }

    /// The kernel's own rule (`fs.protected_symlinks`, `fs.protected_regular`), whether that is set or not.
    private static func isOthers(_ status: stat, in directory: Int32) -> Bool {
        var parent = stat()
        guard fstat(directory, &parent) == 0 else { return true }
        let everybodys = S_ISVTX | S_IWOTH
        return parent.st_mode & everybodys == everybodys && status.st_uid != geteuid()
            && status.st_uid != parent.st_uid
    }

    private static func target(of link: String, in directory: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = bytes.withUnsafeMutableBytes { buffer in
            buffer.withMemoryRebound(to: CChar.self) { buffer in
                buffer.baseAddress.map { readlinkat(directory, link, $0, buffer.count) } ?? -1
            }
        }
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }
}
