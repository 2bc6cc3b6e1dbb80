// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// What failed, and why the kernel or libbpf refused; or, in the words of whoever needed it,
/// what to do about it.
public struct BPFError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure. Where `errno` tells it (no privilege, not in this
    /// kernel, no such thing), that; otherwise the step that failed.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case open, load, attach, map, ring, btf, iterator, events
        case permission, notSupported, notFound
        /// Nothing here can be traced: exit code 77.
        case cannotTrace
        /// The backend that was asked for is not to be had here.
        case backendRefused
    }

    public let code: Code
    /// Positive; 0 where no system call failed.
    public let errno: Int32
    /// The step and its object: "attach fentry/tcp_v4_connect".
    public let what: String
    /// More from the kernel: the verifier's last useful lines, for instance.
    public let detail: String?
    /// Whole, where it says more than that a step failed.
    private let text: String?

    public init(_ code: Code, errno: Int32 = 0, _ what: String, detail: String? = nil) {
        self.code = Self.classify(code, errno)
        self.errno = errno
        self.what = what
        self.detail = detail
        text = nil
    }

    /// - Parameter text: all that there is to say, and what to do.
    public init(_ code: Code, saying text: String) {
        self.code = code
        errno = 0
        what = ""
        detail = nil
        self.text = text
    }

    public var description: String {
        if let text { return text }
        var text = "cannot \(what)"
        if errno != 0 { text += ": \(Self.reason(errno))" }
        if let detail { text += errno == 0 ? ": \(detail)" : "\n\(detail)" }
        return text
    }

    /// A kernel-internal number that reaches user space (fentry on a function
    /// with too many arguments, batch calls on other kinds of map).
    static let notSupportedInKernel: Int32 = 524

    private static func classify(_ step: Code, _ errno: Int32) -> Code {
        switch (errno, step) {
        // From a load, EACCES is the verifier's verdict on the program.
        case (EACCES, .load): step
        case (EPERM, _), (EACCES, _): .permission
        case (EOPNOTSUPP, _), (notSupportedInKernel, _), (ENOSYS, _): .notSupported
        case (ENOENT, _), (ESRCH, _): .notFound
        default: step
        }
    }

    private static func reason(_ errno: Int32) -> String {
        if errno == notSupportedInKernel { return "Not supported by this kernel" }
        // SAFETY: for any number it gives a NUL-terminated string that
        // lives until this thread's next call.
        return unsafe String(cString: why_error_text(errno))
    }
}

/// libbpf returns a negative errno: the one way from it to an error.
@discardableResult
func check(
    _ result: Int32, _ code: BPFError.Code, _ what: @autoclosure () -> String,
    detail: @autoclosure () -> String? = nil
) throws(BPFError) -> Int32 {
    guard result < 0 else { return result }
    throw BPFError(code, errno: -result, what(), detail: detail())
}

/// A system call returns -1 and sets errno: the one way from it to an error.
@discardableResult
func checkErrno(
    _ result: Int32, _ code: BPFError.Code, _ what: @autoclosure () -> String
) throws(BPFError) -> Int32 {
    guard result < 0 else { return result }
    throw BPFError(code, errno: errno, what())
}
