// SPDX-License-Identifier: Apache-2.0
import CLibbpf
import Glibc

/// A program attached to its hook, until this goes.
@safe
public struct Link: ~Copyable {
    // INVARIANT: valid until `deinit` or `detach`, either of which alone frees it.
    private let handle: OpaquePointer

    init(owning handle: OpaquePointer) {
        unsafe self.handle = handle
    }

    deinit {
        // Nobody hears of a failure here: who cares calls `detach`.
        _ = unsafe bpf_link__destroy(handle)
    }

    public consuming func detach() throws(BPFError) {
        let handle = unsafe handle
        discard self
        try unsafe check(bpf_link__destroy(handle), .attach, "detach a program")
    }

    /// Belongs to the link.
    var number: Int32 { unsafe bpf_link__fd(handle) }

    /// How often the kernel ran the function without the program; `nil` where
    /// the kernel does not say (kprobe links since 6.7 do).
    public var missed: UInt64? {
        var info = PerfEventLinkInfo()
        var size = UInt32(MemoryLayout<PerfEventLinkInfo>.size)
        let result = unsafe bpf_obj_get_info_by_fd(number, &info, &size)
        guard result == 0, info.isKprobe, size >= PerfEventLinkInfo.sizeWithMissed else {
            return nil
        }
        return info.missed
    }
}

/// The head of the kernel's `struct bpf_link_info`, with the variant for perf
/// events, which Debian 12's header does not have yet.
private struct PerfEventLinkInfo {
    var linkType: UInt32 = 0
    var id: UInt32 = 0
    var programID: UInt32 = 0
    var padding: UInt32 = 0
    var eventType: UInt32 = 0
    var padding2: UInt32 = 0
    // In and out: a buffer for the function's name. None is given.
    var name: UInt64 = 0
    var nameLength: UInt32 = 0
    var offset: UInt32 = 0
    var address: UInt64 = 0
    var missed: UInt64 = 0

    static let sizeWithMissed: UInt32 = 56
    /// `BPF_LINK_TYPE_PERF_EVENT`; `BPF_PERF_EVENT_KPROBE` and `…_KRETPROBE`.
    var isKprobe: Bool { linkType == 7 && (eventType == 3 || eventType == 4) }
}
