// SPDX-License-Identifier: Apache-2.0
import CWorker
import Glibc

/// What the executable calls before anything else.
public enum SymbolProcess {
    static let argument = "--read-symbols"
    static let descriptor: Int32 = 3
    /// Bytes of address space, and open files.
    static let mostMemory = 512 << 20
    static let mostFiles = 256
    /// Of computing, for one request.
    static let mostSeconds: UInt32 = 4

    /// If this process was started to read symbols, does so and never returns.
    public static func runIfAsked() {
        guard CommandLine.arguments.count == 2, CommandLine.arguments[1] == argument, isSocket else { return }
        guard why_confine(rlim_t(mostMemory), rlim_t(mostFiles)) == 0 else { _exit(1) }
        let server = SymbolServer(owning: descriptor, mostFiles: Int(why_file_limit()))
        server.run { why_allow_seconds(mostSeconds) }
        _exit(0)
    }

    /// Not for whoever calls it by hand.
    private static var isSocket: Bool { why_is_message_socket(descriptor) != 0 }

    /// Starts the executable for that.
    /// - Parameter path: of the executable, `/proc/self/exe`: the same one.
    static func start(_ path: String) -> (socket: Int32, pid: pid_t?)? {
        var ends: [Int32] = [-1, -1]
        guard why_message_pair(&ends) == 0 else { return nil }
        let pid = spawn(path, ends[1])
        close(ends[1])
        guard let pid else {
            close(ends[0])
            return nil
        }
        return (ends[0], pid)
    }

    private static func spawn(_ path: String, _ socket: Int32) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, socket, descriptor)
        // Last words of the runtime are of no use.
        for standard in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, standard, "/dev/null", O_RDWR, 0)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Ctrl-C is for the tracer: no signal until they are ignored.
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("tcpwhy"), strdup(argument), nil]
        // What it prints when it dies takes longer than starting another.
        var environment: [UnsafeMutablePointer<CChar>?] = [strdup("SWIFT_BACKTRACE=enable=no"), nil]
        defer { for text in arguments + environment { free(text) } }
        var pid: pid_t = 0
        return posix_spawn(&pid, path, &actions, &attributes, &arguments, &environment) == 0 ? pid : nil
    }
}
