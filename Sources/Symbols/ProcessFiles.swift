// SPDX-License-Identifier: Apache-2.0
import CLinux
import CWorker
import Glibc
import Host

/// The ways to the files of a process that may be in a container: its own root
/// directory, not this process's. They lead there without asking a file system anything: it may be the
/// process's own, and never answer.
struct ProcessFiles {
    struct Found {
        /// O_PATH.
        let file: OpenFile.Shared
        let identity: FileIdentity
        let owner: UInt32

        init?(_ file: OpenFile.Shared) {
            var owner: UInt32 = 0
            guard let identity = FileIdentity(file.descriptor, owner: &owner) else { return nil }
            self.file = file
            self.identity = identity
            self.owner = owner
        }
    }

    /// Of `/proc/PID`.
    private let folder: String

    /// - Parameter root: ends with "/".
    init(root: String, pid: UInt32) {
        folder = "\(root)proc/\(pid)"
    }

    /// The process's root directory, as long as there is one.
    func root() -> OpenFile.Shared? {
        try? OpenFile.Shared(OpenFile("\(folder)/root", flags: O_PATH | O_DIRECTORY))
    }

    /// The file that is mapped there; `nil`: not to be had, or not without asking.
    func file(_ line: MapsLine) -> Found? {
        // Exactly what is mapped, even if it is deleted or another file has its name; root only.
        let range = String(line.start, radix: 16) + "-" + String(line.end, radix: 16)
        if let file = link("map_files/\(range)") { return Found(file) }
        if line.path.first == UInt8(ascii: "/"), let root = root() {
            let descriptor = withPath(line.path) { why_find_in_root(root.descriptor, $0, WHY_CACHED) }
            if descriptor >= 0 { return Found(OpenFile.Shared(owning: descriptor)) }
        }
        let program = link("exe").flatMap(Found.init)
        return program?.identity.inode == line.inode ? program : nil
    }

    /// What the kernel itself leads to.
    private func link(_ name: String) -> OpenFile.Shared? {
        try? OpenFile.Shared(OpenFile("\(folder)/\(name)", flags: O_PATH))
    }

    /// What the process is to itself.
    func status() -> ProcessStatus? {
        (try? OpenFile("\(folder)/status").readAllBytes("status")).map(ProcessStatus.init)
    }
}

/// Two lines of `/proc/PID/status`.
struct ProcessStatus: Hashable {
    /// The process's number in the namespace it is in; kernels without pid namespaces
    /// do not say.
    var innermostPID: UInt32?
    /// Its effective user.
    var owner: UInt32?

    init(_ status: [UInt8]) {
        for line in status.split(separator: UInt8(ascii: "\n")) {
            if let numbers = Self.numbers(of: line, after: "NSpid:") { innermostPID = numbers.last }
            if let users = Self.numbers(of: line, after: "Uid:"), users.count > 1 { owner = users[1] }
        }
    }

    /// `nil`: it is another line, of which there are more than fifty.
    private static func numbers(of line: ArraySlice<UInt8>, after title: String) -> [UInt32]? {
        guard line.starts(with: title.utf8) else { return nil }
        let words = String(decoding: line.dropFirst(title.utf8.count), as: UTF8.self).split(separator: "\t")
        return words.compactMap { UInt32($0) }
    }
}
