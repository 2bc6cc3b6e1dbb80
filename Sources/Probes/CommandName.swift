// SPDX-License-Identifier: Apache-2.0

/// A process's name as the programs compare it.
enum CommandName {
    /// - Parameter comm: `WHY_COMM_LEN` zeros.
    static func copy(_ name: String, to comm: inout some BitwiseCopyable) {
        withUnsafeMutableBytes(of: &comm) { bytes in
            // The kernel cuts names the same way, and ends them with a zero.
            for (index, byte) in name.utf8.prefix(bytes.count - 1).enumerated() { bytes[index] = byte }
        }
    }
}
