// SPDX-License-Identifier: Apache-2.0
import Model

/// A name as the shared header has it: `WHY_COMM_LEN` bytes.
@usableFromInline typealias RawName = (
    CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar,
    CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar
)

extension CommandName {
    init(_ raw: RawName) {
        self.init(unsafeBitCast(raw, to: Words.self))
    }

    var raw: RawName { unsafeBitCast(self, to: RawName.self) }
}
