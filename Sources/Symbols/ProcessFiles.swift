// SPDX-License-Identifier: Apache-2.0
import Host

/// The ways to the files of a process that may be in a container: its own root
/// directory, not this process's.
struct ProcessFiles {
    /// Of `/proc/PID`.
    private let folder: String
    private let hostRoot: String
    private let pid: UInt32
    private let processRoot: Root?

    /// - Parameter root: ends with "/".
    init(root: String, pid: UInt32) {
        folder = "\(root)proc/\(pid)"
        hostRoot = root
        self.pid = pid
        processRoot = Root("\(folder)/root")
    }

    /// The process's root first, then the host's.
    var roots: [String] { ["\(folder)/root", hostRoot] }

    /// The file that is mapped there; `nil`: not to be had.
    func file(_ line: MapsLine) -> RegularFile? {
        // Exactly what is mapped, even if it is deleted or another file has its name; root only.
        let range = String(line.start, radix: 16) + "-" + String(line.end, radix: 16)
        if let file = RegularFile(at: Array("\(folder)/map_files/\(range)".utf8)) { return file }
        if let file = byPath(line) { return file }
        let program = RegularFile(at: Array("\(folder)/exe".utf8))
        if let program, program.identity.inode == line.inode { return program }
        return nil
    }

    private func byPath(_ line: MapsLine) -> RegularFile? {
        line.path.first == UInt8(ascii: "/") ? processRoot?.file(at: line.path) : nil
    }

    /// What just-in-time compilers wrote: they name the file with the process's number in
    /// its own pid namespace, and put it into its own /tmp.
    func perfMaps() -> [PerfMap] {
        guard let status = try? OpenFile("\(folder)/status").readAllBytes("status") else { return [] }
        let facts = ProcessStatus(status)
        var maps: [PerfMap] = []
        if let processRoot, let map = perfMap(facts.innermostPID ?? pid, in: processRoot, facts.owner) {
            maps.append(map)
        }
        // One that was put where perf looks for it.
        if maps.isEmpty, let host = Root(hostRoot), let map = perfMap(pid, in: host, facts.owner) {
            maps.append(map)
        }
        return maps
    }

    /// Only the process's user and root may say what is in it, as perf has it: everybody can
    /// write to /tmp.
    private func perfMap(_ pid: UInt32, in root: Root, _ owner: UInt32?) -> PerfMap? {
        let file = root.file(at: Array("/tmp/perf-\(pid).map".utf8))
        guard let file, file.owner == 0 || file.owner == owner, let opened = file.opened() else { return nil }
        return PerfMap(opened)
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
