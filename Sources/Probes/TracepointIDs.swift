// SPDX-License-Identifier: Apache-2.0
import BPF
import Host

/// The numbers of the system calls' tracepoints, by which perf events name them.
struct TracepointIDs: Sendable {
    func id(_ name: String) throws(BPFError) -> UInt64 {
        do {
            return try TraceFS.id(group: "syscalls", name: name)
        } catch {
            throw BPFError(.notSupported, "find tracepoint syscalls/\(name)", detail: "\(error)")
        }
    }
}
