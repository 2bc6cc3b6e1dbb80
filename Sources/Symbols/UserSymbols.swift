// SPDX-License-Identifier: Apache-2.0
import Glibc
import Host
import Model

/// Names the functions at addresses of processes. Nothing is read of a file until
/// somebody asks for one of its functions, or has it read before. Not for use by several threads at once.
public final class UserSymbols {
    /// Ends with "/".
    private let root: String
    private var processes: [UInt32: UserProcess] = [:]
    private var files: [FileIdentity: MappedFile] = [:]
    private var openFiles = 0
    private let modules = Modules()
    private let demangler = Demangler()
    private var names = Recent<String, String>(keeping: 16384)
    /// How often somebody noted a process.
    private var looks = 0

    /// A third of what a process may usually open (1,024): each may have a debug file.
    private static let mostOpenFiles = 340
    /// Files that no process maps any more: the next short-lived one may.
    private static let mostIdleFiles = 64
    /// Bytes of such files' functions: those of a large compiler.
    private static let mostIdleBytes = 16 << 20

    /// - Parameter root: where `proc`, `tmp` and `usr/lib/debug` are.
    public init(root: String = "/") {
        self.root = root.hasSuffix("/") ? root : root + "/"
    }

    /// Takes down what is mapped where in a process, and opens what cannot be opened
    /// once it has ended. For when a process is first seen, and again for addresses
    /// that are not covered. What was known before stays known, if nothing else is there
    /// now. A process that has ended leaves everything as it is.
    public func note(pid: UInt32) {
        let path = "\(root)proc/\(pid)/maps"
        let maps = (try? OpenFile(path).readAllBytes(path)) ?? []
        looks += 1
        var process = processes[pid] ?? UserProcess()
        let lines = MapsLine.code(in: maps)
        if !lines.isEmpty {
            let host = ProcessFiles(root: root, pid: pid)
            process.update(lines.map { mapping($0, host) })
            if process.perfMaps.isEmpty {
                process.perfMaps = host.perfMaps()
                process.mayHavePerfMaps = true
            }
        }
        processes[pid] = process
    }

    /// Whether something is known to be mapped at an address.
    public func covers(pid: UInt32, address: UInt64) -> Bool {
        processes[pid]?.mapping(at: address) != nil
    }

    /// The noted processes that have ended.
    public func ended() -> [UInt32] {
        processes.keys.filter { access("\(root)proc/\($0)", F_OK) != 0 }
    }

    /// Nobody will ask for frames of these any more: they leave, and with them the files that
    /// only they had, but for some that were mapped last.
    public func forget(_ pids: some Sequence<UInt32>) {
        var isChanged = false
        for pid in pids where processes.removeValue(forKey: pid) != nil { isChanged = true }
        guard isChanged else { return }
        var idle: [FileIdentity] = []
        // An array of them: as long as the dictionary's own keys are in use, it is a copy that is
        // asked, and every file is in two.
        for identity in Array(files.keys) where isKnownUniquelyReferenced(&files[identity]!) {
            idle.append(identity)
        }
        idle.sort { files[$0]!.mappedLast > files[$1]!.mappedLast }
        var bytes = 0
        let isFull = idle.count > Self.mostIdleFiles
        var (kept, left) = (0, false)
        for identity in idle {
            bytes += files[identity]!.size
            kept += 1
            if bytes <= Self.mostIdleBytes, !isFull || kept <= Self.mostIdleFiles / 2 { continue }
            if files.removeValue(forKey: identity)?.mayBeOpen == true { openFiles -= 1 }
            left = true
        }
        if left { modules.sweep() }
    }

    /// What is kept: processes, files and what was read of them.
    var size: (processes: Int, files: Int, modules: Int) { (processes.count, files.count, modules.count) }

    /// Reads the file that is mapped at an address of a noted process, if there is one, ahead of the first
    /// question for one of its functions.
    public func readFile(pid: UInt32, at address: UInt64) {
        if case .file(let file)? = processes[pid]?.mapping(at: address)?.target { _ = file.module(modules) }
    }

    /// The function at an address: always a frame, if only one that says where nothing is
    /// known. Notes a process that was not noted.
    ///
    /// - Parameter address: where a return address stands for its caller, one less: a call that
    ///   never returns may be the last of its function.
    public func frame(pid: UInt32, address: UInt64) -> UserFrame {
        if processes[pid] == nil { note(pid: pid) }
        let process = processes[pid] ?? UserProcess()
        let mapping = process.mapping(at: address)
        var unresolved = UserFrame(name: nil, module: "[unknown]", offset: address, kind: .unresolved)
        if let mapping {
            let fileOffset = address - mapping.start &+ mapping.fileOffset
            switch mapping.target {
            case .other(let name): unresolved.module = name
            case .vdso:
                let found = frame(modules.vdso, "[vdso]", fileOffset, .vdso)
                if found.name != nil { return found }
                unresolved = found
            case .file(let file):
                let found = frame(file.module(modules), file.name, fileOffset, .function)
                if found.name != nil { return found }
                unresolved = found
            }
        }
        for map in perfMaps(pid) {
            if let name = map.name(at: address) {
                return UserFrame(name: Printable.frame(name), module: "[jit]", offset: 0, kind: .jit)
            }
        }
        return unresolved
    }

    private func frame(
        _ module: Module, _ name: String, _ fileOffset: UInt64, _ kind: UserFrame.Kind
    ) -> UserFrame {
        guard let address = module.address(ofFileOffset: fileOffset) else {
            return UserFrame(name: nil, module: name, offset: fileOffset, kind: .unresolved)
        }
        guard let function = module.functions.function(at: address) else {
            return UserFrame(name: nil, module: name, offset: address, kind: .unresolved)
        }
        return UserFrame(
            name: displayName(function.name), module: name, offset: function.start, kind: kind)
    }

    /// Those of a process; a compiler may have begun to write one after it was noted.
    private func perfMaps(_ pid: UInt32) -> [PerfMap] {
        guard let process = processes[pid] else { return [] }
        if process.perfMaps.isEmpty, process.mayHavePerfMaps {
            processes[pid]?.perfMaps = ProcessFiles(root: root, pid: pid).perfMaps()
            processes[pid]?.mayHavePerfMaps = false
        }
        return processes[pid]?.perfMaps ?? []
    }

    private func displayName(_ symbol: String) -> String {
        names.value(of: symbol) { Printable.frame(demangler.name(symbol)) }
    }

    private func mapping(_ line: MapsLine, _ process: ProcessFiles) -> UserProcess.Mapping {
        let isVdso = line.inode == 0 && line.path.elementsEqual("[vdso]".utf8)
        let target: UserProcess.Target =
            if line.inode != 0 {
                .file(file(line, process))
            } else if isVdso, modules.vdsoSize == line.end - line.start {
                .vdso
            } else {
                .other(line.name)
            }
        return UserProcess.Mapping(
            start: line.start, end: line.end, fileOffset: line.fileOffset, target: target)
    }

    private func file(_ line: MapsLine, _ process: ProcessFiles) -> MappedFile {
        let found = process.file(line)
        let identity = found?.identity
        if let identity, let known = files[identity] {
            known.mappedLast = looks
            return known
        }
        let opened = found?.opened()
        let isOpen = opened != nil
        let file = MappedFile(name: line.name, path: line.path, roots: process.roots, file: opened)
        file.mappedLast = looks
        if let identity { files[identity] = file }
        if isOpen {
            // There is no room for more: its names are read now.
            if openFiles == Self.mostOpenFiles {
                file.module(modules).letGoOfFiles()
            } else {
                file.mayBeOpen = identity != nil
                openFiles += 1
            }
        }
        return file
    }
}
