// SPDX-License-Identifier: Apache-2.0

extension String {
    /// Its lines that are not empty, each up to its newline. `split(separator: "\n")` would not end one
    /// whose last character is a carriage return, as a process's name can be: the two are one Character.
    var lines: [Substring] { utf8.split(separator: UInt8(ascii: "\n")).map { Substring($0) } }
}
