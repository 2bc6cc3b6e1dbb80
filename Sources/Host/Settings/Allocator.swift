// SPDX-License-Identifier: Apache-2.0
import CLinux

/// The C library's allocator, set for a program that runs for months.
///
/// By itself glibc takes each large block that is freed as a sign that the next such ought to come from
/// the heap, where what lives longer then lies above it and keeps it from going back to the
/// kernel (`M_MMAP_THRESHOLD` in mallopt(3)); and a thread that looks at a network namespace
/// gets a heap of its own. Measured: symbol tables of short processes, five minutes, ten
/// reports a second: 34 MB resident without this, 20 MB with it.
public enum Allocator {
    public static func giveBackWhatIsFreed() {
        _ = mallopt(M_ARENA_MAX, 1)
        _ = mallopt(M_MMAP_THRESHOLD, 1 << 16)
        _ = mallopt(M_TRIM_THRESHOLD, 1 << 17)
    }
}
