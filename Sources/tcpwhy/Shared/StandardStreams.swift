// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Descriptors 0, 1 and 2, some of which may be closed when the program starts.
enum StandardStreams {
    /// Opens those that are closed, so that no file that is opened later gets their numbers, and messages
    /// with them. Each the wrong way round: what is read or written there fails, as if it were closed.
    static func occupy() {
        for stream in STDIN_FILENO...STDERR_FILENO where fcntl(stream, F_GETFD) < 0 {
            // The lowest that is free, which is this one.
            if open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) >= 0 { continue }
            // Where there is no /dev: a directory can be neither read nor written.
            _ = open("/", O_RDONLY)
        }
    }
}
