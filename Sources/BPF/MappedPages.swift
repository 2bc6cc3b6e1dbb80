// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Pages that a file shares, mapped until `deinit`.
@safe
struct MappedPages: ~Copyable {
    let start: UnsafeMutableRawPointer
    private let count: Int

    /// - Parameter what: the step that fails if this does.
    init(
        of file: borrowing FileDescriptor, at offset: Int, count: Int, writable: Bool, _ what: String
    ) throws(BPFError) {
        let protection = writable ? PROT_READ | PROT_WRITE : PROT_READ
        let start = unsafe mmap(nil, count, protection, MAP_SHARED, file.number, offset)
        guard let start = unsafe start, unsafe start != MAP_FAILED else {
            throw BPFError(.ring, errno: errno, what)
        }
        unsafe self.start = unsafe start
        self.count = count
    }

    deinit {
        unsafe munmap(start, count)
    }
}
