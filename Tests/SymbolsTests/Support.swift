// SPDX-License-Identifier: Apache-2.0
import CWorker
import Glibc
import Host
import Testing

@testable import Symbols

/// A folder that is gone after the test.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/tcpwhy-symbols-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        try? run("rm", "-rf", path)
    }

    /// Puts a file there, and the folders it is in.
    @discardableResult
    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
        let whole = path + "/" + name
        try makeFolders(upTo: whole)
        let file = try #require(fopen(whole, "w"), "\(whole)")
        defer { fclose(file) }
        let bytes = Array(bytes)
        try #require(fwrite(bytes, 1, bytes.count, file) == bytes.count)
        return whole
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try write(name, text.utf8)
    }

    func makeFolders(upTo path: String) throws {
        let parts = path.split(separator: "/").dropLast()
        for count in 1...max(parts.count, 1) {
            mkdir("/" + parts.prefix(count).joined(separator: "/"), 0o755)
        }
    }
}

struct CommandFailure: Error {
    var command: String
    var status: Int32
}

/// Runs a command to its end.
func run(_ arguments: String...) throws {
    try run(arguments)
}

func run(_ arguments: [String]) throws {
    let pid = try start(arguments)
    var status: Int32 = 0
    guard waitpid(pid, &status, 0) == pid, status == 0 else {
        throw CommandFailure(command: arguments.joined(separator: " "), status: status)
    }
}

/// - Parameter output: what its standard output goes to.
func start(_ arguments: [String], output: Int32? = nil) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let output { posix_spawn_file_actions_adddup2(&actions, output, 1) }
    var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for argument in argv { free(argument) } }
    var pid: pid_t = 0
    guard posix_spawnp(&pid, arguments[0], &actions, nil, &argv, environ) == 0 else {
        throw CommandFailure(command: arguments[0], status: -1)
    }
    return pid
}

func contents(_ path: String) throws -> [UInt8] {
    let file = try #require(fopen(path, "r"), "\(path)")
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while case let got = fread(&chunk, 1, chunk.count, file), got > 0 { bytes += chunk[..<got] }
    return bytes
}

extension TemporaryFolder {
    /// Compiles a program or library; its path.
    func compile(
        _ name: String, _ source: String, language: String = "c", _ options: String...
    ) throws -> String {
        let file = try write("source-\(name.split(separator: "/").joined(separator: "-"))", source)
        let output = path + "/" + name
        try makeFolders(upTo: output)
        try run(
            ["clang", "-x", language, "-O1", "-fno-omit-frame-pointer", "-w", file, "-o", output] + options)
        return output
    }

    /// A process as `/proc` of this folder has it, whose root is the folder's `container`.
    func addProcess(_ pid: Int, maps: String, status: String? = nil) throws {
        try write("proc/\(pid)/maps", maps)
        let status = status ?? "Name:\tx\nUid:\t\(getuid())\t\(getuid())\t0\t0\nNSpid:\t\(pid)\n"
        try write("proc/\(pid)/status", status)
        try makeFolders(upTo: path + "/container/x")
        symlink(path + "/container", path + "/proc/\(pid)/root")
    }

    /// The lines of maps that the loader would make for a file, moved by `bias`.
    func maps(of file: String, as name: String, bias: UInt64) throws -> String {
        let descriptor = open(file, O_RDONLY)
        defer { close(descriptor) }
        let elf = ElfFile(descriptor: descriptor)
        var lines = ""
        for segment in elf?.segments() ?? [] where segment.isCode {
            let inPage = segment.address % 4096
            let start = bias + segment.address - inPage
            let end = (bias + segment.address + segment.memorySize + 4095) / 4096 * 4096
            let numbers = [start, end, segment.fileOffset - inPage].map { String($0, radix: 16) }
            lines += "\(numbers[0])-\(numbers[1]) r-xp \(numbers[2]) fe:00 77    \(name)\n"
        }
        return lines
    }
}

/// Addresses of symbols as `nm` says: the oracle.
func symbolAddresses(_ file: String) throws -> [String: UInt64] {
    let folder = try TemporaryFolder()
    let output = folder.path + "/nm"
    let descriptor = open(output, O_CREAT | O_WRONLY, 0o600)
    let pid = try start(["llvm-nm", file], output: descriptor)
    close(descriptor)
    var status: Int32 = 0
    try #require(waitpid(pid, &status, 0) == pid && status == 0)
    var addresses: [String: UInt64] = [:]
    for line in String(decoding: try contents(output), as: UTF8.self).split(separator: "\n") {
        let words = line.split(separator: " ")
        if words.count == 3 { addresses[String(words[2])] = UInt64(words[0], radix: 16) }
    }
    return addresses
}

/// How symbols are read in tests.
enum Server {
    /// On a thread of this process.
    static func thread() -> (socket: Int32, pid: pid_t?)? {
        guard let ends = pair() else { return nil }
        var thread = pthread_t()
        let other = UnsafeMutableRawPointer(bitPattern: Int(ends.1))
        let isStarted = pthread_create(
            &thread, nil,
            { end in
                SymbolServer(owning: Int32(Int(bitPattern: end))).run()
                return nil
            }, other)
        guard isStarted == 0 else { return nil }
        pthread_detach(thread)
        return (ends.0, nil)
    }

    /// In tcpwhy, which was built beside the tests.
    static func process() -> (socket: Int32, pid: pid_t?)? {
        var path = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &path, path.count)
        guard length > 0 else { return nil }
        let own = String(decoding: path.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folder = own.split(separator: "/").dropLast().joined(separator: "/")
        return SymbolProcess.start("/\(folder)/tcpwhy")
    }

    static func pair() -> (Int32, Int32)? {
        var ends: [Int32] = [-1, -1]
        return why_message_pair(&ends) == 0 ? (ends[0], ends[1]) : nil
    }
}

extension UserSymbols {
    static func served(root: String = "/") -> UserSymbols {
        UserSymbols(root: root, Server.thread)
    }
}
