// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A process that the test started; killed with this if it has not ended.
final class Child {
    let pid: pid_t
    private let name: String
    private var input: Int32
    private let outputPath: String
    private let errorPath: String
    private var status: Int32?

    /// - Parameter output: a descriptor for its standard output; else `output` has it.
    init(_ arguments: [String], output: Int32? = nil) throws {
        name = arguments.joined(separator: " ")
        outputPath = Self.temporaryPath()
        errorPath = Self.temporaryPath()
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw TestFailure("pipe: errno \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        if let output {
            posix_spawn_file_actions_adddup2(&actions, output, 1)
        } else {
            posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT, 0o600)
        }
        posix_spawn_file_actions_addopen(&actions, 2, errorPath, O_WRONLY | O_CREAT, 0o600)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Whatever this process ignores or blocks is none of the child's business.
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))

        var words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var started: pid_t = 0
        let result = posix_spawnp(&started, arguments[0], &actions, &attributes, &words, environ)
        close(ends[0])
        input = ends[1]
        pid = started
        guard result == 0 else {
            status = -1
            throw TestFailure("cannot start \(name): errno \(result)")
        }
    }

    deinit {
        closeInput()
        if status == nil {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        unlink(outputPath)
        unlink(errorPath)
    }

    private static func temporaryPath() -> String {
        "\(NSTemporaryDirectory())/tcpwhy-\(UUID().uuidString)"
    }

    var output: Data { FileManager.default.contents(atPath: outputPath) ?? Data() }
    var outputSize: Int {
        var status = stat()
        return stat(outputPath, &status) == 0 ? Int(status.st_size) : 0
    }
    var error: String {
        String(decoding: FileManager.default.contents(atPath: errorPath) ?? Data(), as: UTF8.self)
    }

    /// Sends a line.
    func enter(_ line: String = "") {
        let bytes = Array((line + "\n").utf8)
        _ = write(input, bytes, bytes.count)
    }

    func closeInput() {
        guard input >= 0 else { return }
        close(input)
        input = -1
    }

    func signal(_ number: Int32) {
        if status == nil { kill(pid, number) }
    }

    var hasEnded: Bool {
        if status != nil { return true }
        var raw: Int32 = 0
        guard waitpid(pid, &raw, WNOHANG) == pid else { return false }
        // Of one that a signal ended, minus the signal.
        status = raw & 0x7f == 0 ? raw >> 8 & 0xff : -(raw & 0x7f)
        return true
    }

    /// Its exit status, or minus the signal that ended it.
    @discardableResult
    func wait(seconds: Double = 120) throws -> Int32 {
        guard Lab.wait(seconds, until: { hasEnded }) else {
            signal(SIGKILL)
            throw TestFailure("no end after \(seconds) s: \(name)\n\(error)")
        }
        return status!
    }

    /// Runs a command to its end, which must be a good one, and returns its output.
    @discardableResult
    static func run(_ arguments: [String]) throws -> String {
        let child = try Child(arguments)
        let status = try child.wait()
        guard status == 0 else {
            throw TestFailure("\(child.name) ended with \(status): \(child.error)")
        }
        return String(decoding: child.output, as: UTF8.self)
    }

    /// What /proc/PID/status says of its memory, in bytes: "VmHWM" is the most it ever held.
    func memory(_ name: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let words = status.split(separator: "\n").first { $0.hasPrefix("\(name):") }?.split(
            whereSeparator: \.isWhitespace)
        guard let words, words.count > 1, let size = Int(words[1]) else {
            throw TestFailure("no \(name): \(status)")
        }
        return size << 10
    }

    /// The kernel's words on each of its descriptors: what it is, and its fdinfo.
    func descriptors() -> [(target: String, info: String)] {
        let folder = "/proc/\(pid)/fd"
        let numbers = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return numbers.map { number in
            (
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(number)")) ?? "",
                (try? String(contentsOfFile: "/proc/\(pid)/fdinfo/\(number)", encoding: .utf8)) ?? ""
            )
        }
    }
}
