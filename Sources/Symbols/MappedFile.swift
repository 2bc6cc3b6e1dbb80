// SPDX-License-Identifier: Apache-2.0
import Glibc
import Host

/// A file with code in processes. It is found when it is first seen, because the process and
/// the file's name may be gone when somebody asks for a function; what is in it only the process that
/// reads symbols knows.
final class MappedFile {
    enum State {
        case untouched
        /// Asked for, of the process of that number.
        case loaded(Int)
        /// Whatever is in it, it has no names.
        case unreadable
    }

    /// Its own; 0 is the kernel's page.
    let id: UInt32
    /// Without folders, as it is shown.
    let name: String
    let line: MapsLine
    /// The process in which it was first seen.
    let pid: UInt32
    let identity: FileIdentity?
    /// Whether nobody but root may change it.
    let isRoots: Bool
    /// Found, not opened for reading; `nil`: it is looked for again.
    var found: OpenFile.Shared?
    var state = State.untouched
    /// How often it was asked to be read.
    var loads = 0
    /// How often the process that reads it ended meanwhile.
    var deaths = 0
    /// When a process was last seen to map it.
    var mappedLast = 0

    init(_ id: UInt32, _ line: MapsLine, pid: UInt32, _ found: ProcessFiles.Found?) {
        self.id = id
        name = line.name
        self.line = line
        self.pid = pid
        identity = found?.identity
        isRoots = found?.owner == 0
        self.found = found?.file
    }

    /// Looked for again, where there was no room to keep it open: the same one, or none.
    func again(in process: ProcessFiles) -> OpenFile.Shared? {
        guard let identity, let found = process.file(line), found.identity == identity else { return nil }
        return found.file
    }

    func isLoaded(in generation: Int) -> Bool {
        if case .loaded(generation) = state { return true }
        return false
    }

    var isUnreadable: Bool {
        if case .unreadable = state { return true }
        return false
    }
}
