// SPDX-License-Identifier: Apache-2.0
import BPF

/// The processes that the host was told of (`bpf/lib/reported_processes.h`).
enum ToldProcesses {
    /// These are no more: another process of that number is to be told anew.
    static func forget(_ pids: some Sequence<UInt32>, in object: borrowing BPFObject) throws(BPFError) {
        let told = try object.map(named: "reported_processes")
        for pid in pids { try told.delete(pid) }
    }
}
