// SPDX-License-Identifier: Apache-2.0
import CLinux

extension OpenFile {
    /// Only the place: what is there is neither read nor written.
    static let placeOnly: Int32 = O_PATH

    /// Whether it is in `/proc`, whose links lead to what is open rather than to a path.
    var isInProc: Bool {
        // PROC_SUPER_MAGIC
        why_file_system(descriptor) == 0x9fa0
    }

    /// The number of the mount that it is in; 0: not known.
    var mount: UInt64 { why_mount(descriptor) }
}
