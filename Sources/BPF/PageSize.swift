// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The kernel's page size, by which ring buffers are laid out.
enum PageSize {
    static func bytes() throws(BPFError) -> Int {
        let size = sysconf(Int32(_SC_PAGESIZE))
        guard size >= 4096, size & (size - 1) == 0 else {
            throw BPFError(.ring, "read the page size", detail: "\(size) is none")
        }
        return size
    }
}
