// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Owns an open directory: closed exactly once.
struct OpenDirectory: ~Copyable {
    private let stream: OpaquePointer
    /// Belongs to this; what is in the directory can be named from here.
    let descriptor: Int32

    /// `nil`: it is not there, or may not be read.
    init?(_ path: String) {
        guard let stream = opendir(path) else { return nil }
        self.stream = stream
        descriptor = dirfd(stream)
    }

    deinit {
        closedir(stream)
    }

    /// The names, `.` and `..` among them, from where the last call ended. They
    /// are C strings that last until the next one: no String is made of what
    /// nobody asks for.
    func forEachName(_ body: (UnsafePointer<CChar>) -> Void) {
        guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return }
        while let entry = readdir(stream) {
            body((UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self))
        }
    }
}

/// The names in a directory, `.` and `..` left out.
func directoryEntries(_ path: String) -> [String] {
    var names: [String] = []
    OpenDirectory(path)?.forEachName {
        let name = String(cString: $0)
        if name != ".", name != ".." { names.append(name) }
    }
    return names
}
