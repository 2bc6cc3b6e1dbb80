// SPDX-License-Identifier: Apache-2.0

/// The address of a Unix socket as people write it.
package enum UnixPath {
    /// - Parameter bytes: `sun_path`: a path ends at the first zero; an abstract name begins with
    ///   one and has as many bytes as the address is long.
    package static func text(_ bytes: some Collection<UInt8>) -> String {
        guard bytes.first == 0 else { return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
        // As `ss` and /proc/net/unix write the zeros of such a name.
        return String(decoding: bytes.map { $0 == 0 ? UInt8(ascii: "@") : $0 }, as: UTF8.self)
    }
}
