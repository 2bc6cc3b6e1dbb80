// SPDX-License-Identifier: Apache-2.0
import CLinux

/// File systems of the kernel's own that are told apart, by their numbers in linux/magic.h.
enum FileSystem: Int {
    /// Its links lead to what is open rather than to a path.
    case proc = 0x9fa0
    case sysfs = 0x6265_6572
    case tracefs = 0x7472_6163
    case cgroup2 = 0x6367_7270
    case nsfs = 0x6e73_6673
}

extension OpenFile {
    /// Only the place: what is there is neither read nor written.
    static let placeOnly: Int32 = O_PATH

    func isIn(_ fileSystem: FileSystem) -> Bool { why_file_system(descriptor) == fileSystem.rawValue }

    /// The number of the mount that it is in; 0: not known.
    var mount: UInt64 { why_mount(descriptor) }
}
