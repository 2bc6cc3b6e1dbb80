// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Whether Go's linker made an executable: it leaves its build id in an ELF note of the name "Go"
/// (`.note.go.buildid`, cmd/link/internal/ld/elf.go), near the beginning, which `strip` keeps.
enum GoBinary {
    /// What is looked at of an executable: its headers and first notes.
    static let mostBytes = 4096

    static func isOne(process pid: UInt32) -> Bool {
        // A regular file, or the process would not run it; not waited for, whatever it is.
        guard let file = try? OpenFile("/proc/\(pid)/exe", flags: O_RDONLY | O_NONBLOCK),
            let bytes = try? file.readAllBytes("exe", limit: mostBytes)
        else { return false }
        return isOne(bytes)
    }

    /// - Parameter bytes: the beginning of the file.
    static func isOne(_ bytes: [UInt8]) -> Bool {
        guard bytes.starts(with: [0x7f, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F")]) else {
            return false
        }
        // Elf64_Nhdr: sizes of name and description, the type; then the name, which fills its word.
        return stride(from: 0, through: bytes.count - 16, by: 4).contains { at in
            word(bytes, at) == 4 && word(bytes, at + 8) == buildIDType && word(bytes, at + 12) == goName
        }
    }

    /// `ELF_NOTE_GOBUILDID_TAG`
    private static let buildIDType: UInt32 = 4
    /// "Go", two zeros.
    private static let goName: UInt32 = 0x6f47

    private static func word(_ bytes: [UInt8], _ at: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) }
    }
}
