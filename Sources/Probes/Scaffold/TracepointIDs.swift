// SPDX-License-Identifier: Apache-2.0
import BPF
import Host

/// The numbers of the system calls' tracepoints, by which perf events name them.
enum TracepointIDs {
    static func id(_ name: String) throws(BPFError) -> UInt64 {
        let what = "find tracepoint syscalls/\(name)"
        do throws(HostError) {
            if let id = try TraceFS().tracepointID("syscalls", name) { return id }
        } catch {
            throw BPFError(.notSupported, what, detail: "\(error)")
        }
        throw BPFError(.notSupported, what, detail: "this kernel traces no system calls")
    }
}
