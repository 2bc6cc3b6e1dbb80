// SPDX-License-Identifier: Apache-2.0
import Host

/// A file with code in processes. It is opened when it is first seen, because the process and
/// the file's name may be gone when somebody asks for a function; read when that happens.
final class MappedFile {
    /// Without folders, as it is shown.
    let name: String
    private let path: [UInt8]
    /// Of the process in which it was first seen.
    private let roots: [String]
    private var file: OpenFile?
    private var read: Module?
    /// Whether it counts as one that may be open.
    var mayBeOpen = false
    /// When a process was last seen to map it.
    var mappedLast = 0

    /// - Parameter file: `nil`: cannot be opened; no functions will be found in it.
    init(name: String, path: [UInt8], roots: [String], file: consuming OpenFile?) {
        self.name = name
        self.path = path
        self.roots = roots
        self.file = file
    }

    /// Bytes of what was read of it.
    var size: Int { read?.functions.size ?? 0 }

    /// What is in it.
    func module(_ modules: Modules) -> Module {
        if let read { return read }
        let module = load(file.take(), modules)
        read = module
        return module
    }

    private func load(_ file: consuming OpenFile?, _ modules: Modules) -> Module {
        guard let file else { return Module() }
        return modules.read(file, path: path, roots: roots)
    }
}
