// SPDX-License-Identifier: Apache-2.0
import CLibbpf

/// What the kernel knows of a loaded program.
public struct ProgramInfo: Sendable, Hashable {
    public let id: UInt32
    /// Runs that the recursion guard refused; `nil` before Linux 5.12.
    public let recursionMisses: UInt64?
    /// Runs and the time they took, counted while somebody enables statistics.
    public let runCount: UInt64
    public let runNanoseconds: UInt64
}

extension BPFObject {
    public func programInfo(_ name: String) throws(BPFError) -> ProgramInfo {
        let number = try unsafe bpf_program__fd(find(program: name))
        try check(number, .load, "ask about program \(name), which is not loaded")
        var info = bpf_prog_info()
        var size = UInt32(MemoryLayout<bpf_prog_info>.size)
        try unsafe check(
            bpf_obj_get_info_by_fd(number, &info, &size), .load, "ask about program \(name)")
        let end = MemoryLayout<bpf_prog_info>.offset(of: \.recursion_misses)! + 8
        return ProgramInfo(
            id: info.id, recursionMisses: size >= end ? info.recursion_misses : nil,
            runCount: info.run_cnt, runNanoseconds: info.run_time_ns)
    }

    /// Runs a program once, now, without a hook (`BPF_PROG_TEST_RUN`), for
    /// kinds that need no context: raw tracepoints. Returns what it returned.
    @discardableResult
    public func testRun(program name: String) throws(BPFError) -> Int32 {
        let number = try unsafe bpf_program__fd(find(program: name))
        try check(number, .load, "run program \(name), which is not loaded")
        return try BPFProgramRun.run(number, name)
    }
}

enum BPFProgramRun {
    static func run(_ number: Int32, _ name: String) throws(BPFError) -> Int32 {
        var options = unsafe bpf_test_run_opts()
        unsafe options.sz = MemoryLayout<bpf_test_run_opts>.size
        try unsafe check(bpf_prog_test_run_opts(number, &options), .load, "run program \(name)")
        return unsafe Int32(bitPattern: options.retval)
    }
}
