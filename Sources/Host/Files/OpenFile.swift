// SPDX-License-Identifier: Apache-2.0
package import Glibc

/// Owns a file descriptor: closed exactly once.
public struct OpenFile: ~Copyable, Sendable {
    /// Belongs to this.
    public let descriptor: Int32

    /// Takes over `descriptor`, which nobody else may close.
    public init(owning descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// - Parameter directory: what a relative path begins at; `nil`: the working directory.
    package init(_ path: String, flags: Int32 = O_RDONLY, in directory: Int32? = nil) throws(HostError) {
        descriptor = try check(
            openat(directory ?? AT_FDCWD, path, flags | O_CLOEXEC), "open \(path)")
    }

    deinit {
        close(descriptor)
    }

    /// The next bytes, at most as many as `buffer` has room for; 0 at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer, _ path: String) throws(HostError) -> Int {
        while true {
            let got = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if got >= 0 { return got }
            if errno != EINTR { throw HostError(errno: errno, "read \(path)") }
        }
    }

    /// Everything that is left.
    func readAll(_ path: String) throws(HostError) -> String {
        String(decoding: try readAllBytes(path), as: UTF8.self)
    }

    /// Everything that is left, or what there is up to `limit`.
    package func readAllBytes(_ path: String, limit: Int = .max) throws(HostError) -> [UInt8] {
        var bytes: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16384, alignment: 16)
        defer { buffer.deallocate() }
        while bytes.count < limit {
            let got = try read(into: buffer, path)
            if got == 0 { break }
            bytes += buffer[..<min(got, limit - bytes.count)]
        }
        return bytes
    }

    package func status(_ path: String) throws(HostError) -> stat {
        var status = stat()
        try check(fstat(descriptor, &status), "look at \(path)")
        return status
    }
}

/// A file of `/proc` or `/sys`.
func readText(_ path: String) throws(HostError) -> String {
    try OpenFile(path).readAll(path)
}
