// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import Model

/// A fact of the machine that could not be had.
public struct HostError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was tried, as in "read /proc/kallsyms".
    public let what: String
    /// Positive; 0 where no system call failed.
    public let errno: Int32
    /// Why, where errno does not say it.
    public let detail: String?

    public init(errno: Int32 = 0, _ what: String, detail: String? = nil) {
        self.what = what
        self.errno = errno
        self.detail = detail
    }

    /// One line, whatever a path or a file has in it.
    public var description: String {
        let reasons = [detail, errno == 0 ? nil : String(cString: why_error_text(errno))]
        return Printable.text((["cannot \(what)"] + reasons.compactMap { $0 }).joined(separator: ": "))
    }
}

/// A system call returns -1 and sets errno: the one way from it to an error.
@discardableResult
func check(_ result: Int32, _ what: @autoclosure () -> String) throws(HostError) -> Int32 {
    guard result < 0 else { return result }
    throw HostError(errno: errno, what())
}
