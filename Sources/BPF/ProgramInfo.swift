// SPDX-License-Identifier: Apache-2.0
import CLibbpf

/// What the kernel knows of a loaded program.
public struct ProgramInfo: Sendable, Hashable {
    public let id: UInt32
    /// Runs that the recursion guard refused; `nil` before Linux 5.12.
    public let recursionMisses: UInt64?
    /// Runs and the time they took, counted while a `ProgramStatistics` lives.
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
        return try RawProgram.run(number, name)
    }
}

/// Makes the kernel count the runs of every program, at some nanoseconds each,
/// until this goes.
public struct ProgramStatistics: ~Copyable, Sendable {
    private let file: FileDescriptor

    public init() throws(BPFError) {
        file = FileDescriptor(
            owning: try check(
                bpf_enable_stats(BPF_STATS_RUN_TIME), .load, "count the runs of programs"))
    }
}
