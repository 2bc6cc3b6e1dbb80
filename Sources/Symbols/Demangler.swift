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

    /// The text of a C++ or Swift name; `nil`: it is none, or one that cannot be had.
    func text(_ name: String) -> String? {
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
