// SPDX-License-Identifier: Apache-2.0
import CDemangle
import Glibc
import Host

/// Has names demangled in a process of its own, because a name can end the demangler
/// or keep it busy without end. That process starts at the first name, and again when
/// one has ended it.
final class Demangler {
    private struct Helper: ~Copyable {
        let socket: OpenFile
        let pid: pid_t

        init?() {
            var socket: Int32 = -1
            let pid = why_start_demangler(&socket)
            guard pid > 0 else { return nil }
            self.socket = OpenFile(owning: socket)
            self.pid = pid
        }

        deinit {
            kill(pid, SIGKILL)
            while waitpid(pid, nil, 0) < 0, errno == EINTR {}
        }

        /// Empty: not a mangled name. `nil`: the helper has ended.
        func ask(_ name: String) -> String? {
            guard send(socket.descriptor, name, name.utf8.count, Int32(MSG_NOSIGNAL)) >= 0 else {
                return nil
            }
            return withUnsafeTemporaryAllocation(byteCount: Int(WHY_LONGEST_NAME), alignment: 1) { text in
                var length = -1
                repeat {
                    length = recv(socket.descriptor, text.baseAddress, text.count, 0)
                } while length < 0 && errno == EINTR
                // The last byte is 0.
                guard length > 0 else { return nil }
                return String(decoding: UnsafeRawBufferPointer(text)[..<(length - 1)], as: UTF8.self)
            }
        }
    }

    private var helper: Helper?
    private var starts = 0
    /// Somebody means it: names stay as they are from then on.
    private static let mostStarts = 64

    private static let manglings = ["_Z", "_R", "$s", "$S", "_$s", "_$S", "_T0", "$e"]

    /// The name in its language's terms, C++, Rust or Swift; as it is if it is no mangled
    /// one, or one whose text cannot be had.
    func name(_ symbol: String) -> String {
        let isMangled = Self.manglings.contains { symbol.hasPrefix($0) }
        return isMangled ? text(symbol) ?? symbol : symbol
    }

    /// `nil`: it has none, or it cannot be had.
    private func text(_ name: String) -> String? {
        guard !name.isEmpty, name.utf8.count <= Int(WHY_LONGEST_NAME), hasHelper() else { return nil }
        guard let text = helper?.ask(name) else {
            helper = nil
            return nil
        }
        return text.isEmpty ? nil : text
    }

    /// Of the process that demangles, while there is one.
    var helperPID: pid_t? { helper?.pid }

    private func hasHelper() -> Bool {
        if helper == nil, starts < Self.mostStarts {
            starts += 1
            helper = Helper()
        }
        return helper != nil
    }
}
