// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A whole file of `/sys` or `/proc`, whose stated size may be 0 or too large.
package func readFile(_ path: String) throws(BPFError) -> [UInt8] {
    let file = try openFile(path)
    var status = stat()
    try unsafe checkErrno(fstat(file.number, &status), .open, "read \(path)")
    var bytes: [UInt8] = []
    var chunk = max(Int(status.st_size), 4096)
    while true {
        let room = chunk
        var failure: Int32 = 0
        let part = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, filled in
            // SAFETY: reads at most the buffer's own size; the rest stays unused.
            while filled < room {
                let got = retryingInterrupts {
                    unsafe read(file.number, buffer.baseAddress! + filled, room - filled)
                }
                if got < 0 { failure = errno }
                if got <= 0 { break }
                filled += got
            }
        }
        if failure != 0 { throw BPFError(.open, errno: failure, "read \(path)") }
        if bytes.isEmpty { bytes = part } else { bytes += part }
        if part.count < room { return bytes }
        chunk = 4096
    }
}

func openFile(_ path: String) throws(BPFError) -> FileDescriptor {
    FileDescriptor(
        owning: try unsafe checkErrno(Glibc.open(path, O_RDONLY | O_CLOEXEC), .open, "open \(path)"))
}
