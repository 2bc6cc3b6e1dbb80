// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What the tests may expect of the machine that they run on.
enum KernelUnderTest {
    static let isRoot = geteuid() == 0
    static let hasTypes = access("/sys/kernel/btf/vmlinux", R_OK) == 0
    static let hasKprobes = access("/sys/bus/event_source/devices/kprobe/type", R_OK) == 0
}
