// SPDX-License-Identifier: Apache-2.0
import Glibc
import Host

/// A file that was named for output. What stands there stays until something takes its place, all at
/// once: a result when it is whole, a report that grows when the trace has begun.
///
/// Devices, pipes and mount points are no files that another can take the place of: they are written
/// as they are.
final class OutputFile {
    enum Form {
        /// Written at the end, in one go.
        case whole
        /// Read by others while it grows.
        case growing
    }

    /// What two names of one file have in common.
    struct Identity: Hashable {
        var device: dev_t
        var inode: ino_t
        /// In the directory of this inode, where there is no file yet.
        var name: String?

        /// `nil`: a device, which may be written twice.
        init?(_ status: stat) {
            guard status.st_mode & S_IFMT != S_IFCHR else { return nil }
            (device, inode) = (status.st_dev, status.st_ino)
        }

        init(_ name: String, in directory: stat) {
            (device, inode, self.name) = (directory.st_dev, directory.st_ino, name)
        }
    }

    let path: String
    let identity: Identity?
    private let form: Form
    private let place: OutputPlace
    /// Whether what is there is written, and nothing takes its place.
    private let isInPlace: Bool
    private var descriptor: Int32 = -1
    /// Its name until it has its own.
    private var temporary: String?
    private var mask: sigset_t?

    /// Finds out, before anything is traced, whether it can be written; changes nothing.
    init(_ path: String, _ form: Form) throws {
        self.path = path
        self.form = form
        place = try OutputPlace(path)
        guard let status = place.status else {
            (isInPlace, identity) = (false, Identity(place.name, in: try place.directory.status(path)))
            try tryDirectory()
            return
        }
        identity = Identity(status)
        guard status.st_mode & S_IFMT == S_IFREG, !place.isDescriptor else {
            isInPlace = true
            descriptor = try checked(openSpecial(status))
            return
        }
        isInPlace = place.isMountPoint
        // Also where root may make files, one may be immutable, or be run.
        close(try checked(openat(place.directory.descriptor, place.name, O_WRONLY | Self.safely)))
        if !isInPlace { try tryDirectory() }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        removeTemporary()
    }

    /// Of a report that grows: the trace has begun, and it takes its name.
    func begin() throws {
        guard descriptor < 0 else { return }
        if isInPlace {
            descriptor = try checked(
                openat(place.directory.descriptor, place.name, O_WRONLY | O_TRUNC | Self.safely))
            return
        }
        holdSignals()
        descriptor = try make()
        if form == .growing { try takeName() }
    }

    /// As many as were written, or -1 and errno.
    func write(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        try begin()
        return Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    }

    /// All of it is written.
    func finish() throws {
        try begin()
        if temporary != nil {
            // Else a crash of the machine might leave neither the old one nor this.
            if place.status != nil { _ = try checked(fsync(descriptor)) }
            try takeName()
        }
        let written = descriptor
        descriptor = -1
        // Some file systems tell only here that there was no room.
        _ = try checked(close(written))
    }

    func failure(_ number: Int32) -> Failure {
        .failed("cannot write to \(path): \(String(cString: strerror(number)))")
    }

    private static let safely = O_NOFOLLOW | O_CLOEXEC | O_NOCTTY

    private func checked(_ result: Int32) throws -> Int32 {
        guard result < 0 else { return result }
        throw failure(errno)
    }

    private func openSpecial(_ status: stat) -> Int32 {
        guard place.isDescriptor else {
            return openat(place.directory.descriptor, place.name, O_WRONLY | Self.safely)
        }
        // One of our own is shared, so that both go on where the other has stopped; a socket cannot
        // be opened anew at all.
        var own = stat()
        if let number = Int32(place.name), fstat(number, &own) == 0, own.st_dev == status.st_dev,
            own.st_ino == status.st_ino
        {
            return fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
        }
        return openat(place.directory.descriptor, place.name, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY)
    }

    /// The one way to know that a file can be made is to make one.
    private func tryDirectory() throws {
        holdSignals()
        close(try make())
        removeTemporary()
    }

    private func make() throws -> Int32 {
        let name = ".tcpwhy-" + String(UInt64.random(in: 1 << 60 ... .max), radix: 16)
        let flags = O_WRONLY | O_CREAT | O_EXCL | Self.safely
        // What is to be as closed as the old one is so from the beginning.
        let made = openat(place.directory.descriptor, name, flags, place.status == nil ? 0o644 : 0o600)
        guard made >= 0 else {
            let number = errno
            releaseSignals()
            throw failure(number)
        }
        temporary = name
        if let old = place.status {
            let isSameOwner = fchown(made, old.st_uid, old.st_gid) == 0
            // The old group's rights are not another's.
            fchmod(made, old.st_mode & (isSameOwner ? 0o777 : 0o707))
        }
        return made
    }

    private func takeName() throws {
        guard let temporary else { return }
        let directory = place.directory.descriptor
        _ = try checked(renameat(directory, temporary, directory, place.name))
        self.temporary = nil
        releaseSignals()
    }

    private func removeTemporary() {
        if let temporary { unlinkat(place.directory.descriptor, temporary, 0) }
        temporary = nil
        releaseSignals()
    }

    /// While there is a file under another name, nothing asks for an end that would leave it there.
    private func holdSignals() {
        guard mask == nil else { return }
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] { sigaddset(&signals, signal) }
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, &signals, &before)
        mask = before
    }

    private func releaseSignals() {
        guard var before = mask else { return }
        mask = nil
        pthread_sigmask(SIG_SETMASK, &before, nil)
    }
}
