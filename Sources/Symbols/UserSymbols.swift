// SPDX-License-Identifier: Apache-2.0
import CLinux
import CWorker
import Glibc
import Host
import Model

/// Names the functions at addresses of processes. Where what is mapped is taken down here; what is in
/// files a process of its own reads, which may fail or be kept waiting: then there are no names, and
/// `remarks` say so. Not for use by several threads at once.
public final class UserSymbols {
    /// Ends with "/".
    let root: String
    let worker: SymbolWorker
    var processes: [UInt32: UserProcess] = [:]
    var files: [FileIdentity: MappedFile] = [:]
    private var lastID: UInt32 = 0
    var remarks = SymbolRemarks()
    /// Whether processes have the numbers here that the kernel has for them.
    private let isAtHome: Bool
    private let vdsoSize = Modules.vdsoSize()
    var known = Recent<Place, Answer>(keeping: 16384)
    var names = Recent<String, String>(keeping: 16384)
    /// How often somebody noted a process.
    private var looks = 0
    /// Files that are kept open, so that they can be read when their process is gone.
    var openFiles = 0
    lazy var mostOpenFiles = Self.roomForFiles()

    /// Files that no process maps any more: the next short-lived one may.
    private static let mostIdleFiles = 64
    /// Requests that nobody waits for yet.
    private static let mostAhead = 16
    /// A program that ends its reader does so again.
    static let mostDeaths = 2

    struct Place: Hashable {
        /// 0: the kernel's page.
        var file: UInt32
        var offset: UInt64
    }

    /// What is in a place of a file.
    struct Answer {
        /// `nil`: in no function.
        var name: String?
        /// Where the function begins, or the place itself, as symbols have it; `nil`: the file has no such.
        var address: UInt64?
    }

    /// Reads symbols in a process of the same executable.
    public convenience init() {
        self.init(root: "/", isAtHome: PIDNamespace.isFirst() != false || PIDNamespace.isProcAnothers()) {
            SymbolProcess.start("/proc/self/exe")
        }
    }

    /// - Parameters:
    ///   - root: where `proc`, `tmp` and `usr/lib/debug` are.
    ///   - start: starts the process that reads symbols.
    init(root: String, isAtHome: Bool = true, _ start: @escaping SymbolWorker.Start) {
        self.root = root.hasSuffix("/") ? root : root + "/"
        self.isAtHome = isAtHome
        worker = SymbolWorker(root: self.root, start)
    }

    /// Takes down what is mapped where in a process, and finds what cannot be found
    /// once it has ended. For when a process is first seen, and again for addresses
    /// that are not covered. What was known before stays known, if nothing else is there
    /// now. A process that has ended leaves everything as it is.
    public func note(pid: UInt32) {
        looks += 1
        var process = processes[pid] ?? UserProcess(id: newID())
        defer { processes[pid] = process }
        guard isAtHome else { return remarks.add(.elsewhere) }
        let path = "\(root)proc/\(pid)/maps"
        let maps = (try? OpenFile(path).readAllBytes(path)) ?? []
        let lines = MapsLine.code(in: maps)
        guard !lines.isEmpty else { return }
        let host = ProcessFiles(root: root, pid: pid)
        process.update(lines.map { mapping($0, pid, host) })
        process.status = host.status() ?? process.status
        process.mayHavePerfMap = true
        // It may be gone with the process.
        if process.hasMadeCode, worker.count < Self.mostAhead { askJIT(pid, process, []) { _, _ in } }
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
        guard idle.count > Self.mostIdleFiles else { return }
        idle.sort { files[$0]!.mappedLast > files[$1]!.mappedLast }
        for identity in idle.dropFirst(Self.mostIdleFiles / 2) {
            if files.removeValue(forKey: identity)?.found != nil { openFiles -= 1 }
        }
    }

    /// What is kept: processes and files.
    var size: (processes: Int, files: Int) { (processes.count, files.count) }

    /// Of the process that reads symbols, while there is one.
    var workerID: pid_t? { worker.processID }

    /// What went wrong since this was asked last, a line each.
    public func takeRemarks() -> [String] { remarks.take() }

    /// Has the file read that is mapped at an address of a noted process, if there is one, ahead of the first
    /// question for one of its functions; does not wait for that.
    public func readFile(pid: UInt32, at address: UInt64) {
        guard case .file(let file)? = processes[pid]?.mapping(at: address)?.target,
            case .untouched = file.state, worker.count < Self.mostAhead
        else { return }
        load(file)
    }

    /// The function at an address: always a frame, if only one that says where nothing is
    /// known. Notes a process that was not noted.
    ///
    /// - Parameter address: where a return address stands for its caller, one less: a call that
    ///   never returns may be the last of its function.
    public func frame(pid: UInt32, address: UInt64) -> UserFrame {
        frames(at: [pid: [address]])[pid]?[address]
            ?? UserFrame(name: nil, module: "[unknown]", offset: address, kind: .unresolved)
    }

    /// Whether the last question's names were not all looked for: asked again, there may be more.
    public internal(set) var isIncomplete = false

    /// The functions at all of these addresses, by process.
    public func frames(at addresses: [UInt32: Set<UInt64>]) -> [UInt32: [UInt64: UserFrame]] {
        isIncomplete = false
        for pid in addresses.keys where processes[pid] == nil { note(pid: pid) }
        let answers = answers(addresses)
        var frames: [UInt32: [UInt64: UserFrame]] = [:]
        for (pid, addresses) in addresses {
            var unresolved: [UInt64] = []
            for address in addresses {
                let frame = frame(pid, address, answers)
                frames[pid, default: [:]][address] = frame
                if frame.kind == .unresolved { unresolved.append(address) }
            }
            for batch in unresolved.batches {
                askJIT(pid, processes[pid], batch) { address, name in
                    frames[pid, default: [:]][address] = UserFrame(
                        name: name, module: "[jit]", offset: 0, kind: .jit)
                }
            }
        }
        worker.finish()
        return frames
    }

    private func frame(_ pid: UInt32, _ address: UInt64, _ answers: [Place: Answer]) -> UserFrame {
        guard let mapping = processes[pid]?.mapping(at: address) else {
            return UserFrame(name: nil, module: "[unknown]", offset: address, kind: .unresolved)
        }
        let offset = mapping.offset(of: address)
        switch mapping.target {
        case .other(let name):
            return UserFrame(name: nil, module: name, offset: address, kind: .unresolved)
        case .vdso:
            return frame(answers[Place(file: SymbolMessage.vdso, offset: offset)], "[vdso]", offset, .vdso)
        case .file(let file):
            return frame(answers[Place(file: file.id, offset: offset)], file.name, offset, .function)
        }
    }

    private func frame(
        _ answer: Answer?, _ module: String, _ offset: UInt64, _ kind: UserFrame.Kind
    ) -> UserFrame {
        UserFrame(
            name: answer?.name, module: module, offset: answer?.address ?? offset,
            kind: answer?.name == nil ? .unresolved : kind)
    }

    private func newID() -> UInt32 {
        lastID += 1
        return lastID
    }

    private func mapping(_ line: MapsLine, _ pid: UInt32, _ process: ProcessFiles) -> UserProcess.Mapping {
        let isVdso = line.inode == 0 && line.path.elementsEqual("[vdso]".utf8)
        let target: UserProcess.Target =
            if line.inode != 0 {
                .file(file(line, pid, process))
            } else if isVdso, vdsoSize == line.end - line.start {
                .vdso
            } else {
                .other(line.name)
            }
        return UserProcess.Mapping(
            start: line.start, end: line.end, fileOffset: line.fileOffset, target: target)
    }

    private func file(_ line: MapsLine, _ pid: UInt32, _ process: ProcessFiles) -> MappedFile {
        let found = process.file(line)
        if let identity = found?.identity, let known = files[identity] {
            known.mappedLast = looks
            return known
        }
        let file = MappedFile(newID(), line, pid: pid, found)
        file.mappedLast = looks
        if let identity = file.identity {
            files[identity] = file
            openFiles += 1
        }
        if openFiles > mostOpenFiles {
            // There is no room for more: it is read now, if that can be.
            if worker.count < Self.mostAhead { load(file) }
            letGoOfFiles()
        }
        return file
    }

    /// A process that runs leads to its files again.
    func letGoOfFiles() {
        let open = files.values.filter { $0.found != nil }
        let order = open.sorted { one, other in
            let (first, second) = (one.isUntouched ? 1 : 0, other.isUntouched ? 1 : 0)
            return (first, one.mappedLast) < (second, other.mappedLast)
        }
        for file in order.prefix(max(open.count - mostOpenFiles * 3 / 4, 0)) { file.found = nil }
        openFiles = files.values.reduce(0) { $0 + ($1.found == nil ? 0 : 1) }
    }

    /// A third of what this process may still open, and of what it usually may (1,024).
    private static func roomForFiles() -> Int {
        let most = min(why_file_limit(), 1024)
        let used = (0..<most).reduce(0) { $0 + (fcntl($1, F_GETFD) < 0 ? 0 : 1) }
        return max(Int(most) - used - 24, 0) / 3
    }
}

extension MappedFile {
    fileprivate var isUntouched: Bool {
        if case .untouched = state { return true }
        return false
    }
}
