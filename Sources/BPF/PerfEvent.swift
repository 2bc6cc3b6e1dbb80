// SPDX-License-Identifier: Apache-2.0
import CLibbpf
import Glibc

/// perf events that BPF programs attach to.
enum PerfEvent {
    /// A program on one CPU's event runs on every CPU: the kernel keeps it with
    /// the tracepoint, not with the event.
    static func tracepoint(id: UInt64) throws(BPFError) -> FileDescriptor {
        var attributes = perf_event_attr()
        attributes.type = PERF_TYPE_TRACEPOINT.rawValue
        attributes.config = id
        return try open(&attributes, "open tracepoint \(id)")
    }

    /// The kernel numbers this PMU at boot; without kprobes there is none.
    static func kprobe(function: String, isReturn: Bool) throws(BPFError) -> FileDescriptor {
        let what = "attach \(isReturn ? "kretprobe" : "kprobe")/\(function)"
        let type = try kprobeType(what)
        // The format file says "config:0"; that bit has not moved since it exists.
        var attributes = perf_event_attr()
        attributes.type = type
        attributes.config = isReturn ? 1 : 0
        let event = unsafe function.withCString { name -> (fd: Int32, errno: Int32) in
            // SAFETY: the kernel reads the name during the call only.
            attributes.config1 = UInt64(UInt(bitPattern: name))
            let fd = unsafe why_perf_event_open(&attributes, -1, 0)
            return (fd, errno)
        }
        guard event.fd >= 0 else { throw BPFError(.attach, errno: event.errno, what) }
        return FileDescriptor(owning: event.fd)
    }

    /// What sets the pace of samples.
    static func sampling(
        _ clock: SampleClock, frequency: UInt64, cpu: Int32
    ) throws(BPFError) -> FileDescriptor {
        let (type, config): (UInt32, UInt64) =
            switch clock {
            case .cycles: (PERF_TYPE_HARDWARE.rawValue, UInt64(PERF_COUNT_HW_CPU_CYCLES.rawValue))
            case .cpuClock: (PERF_TYPE_SOFTWARE.rawValue, UInt64(PERF_COUNT_SW_CPU_CLOCK.rawValue))
            }
        return FileDescriptor(
            owning: try checkErrno(
                why_perf_event_sample(type, config, frequency, cpu), .attach,
                "sample CPU \(cpu) by \(clock.rawValue)"))
    }

    static func setProgram(
        _ program: borrowing FileDescriptor, on event: borrowing FileDescriptor, _ what: String
    ) throws(BPFError) {
        try checkErrno(
            why_perf_event_set_bpf(event.number, program.number), .attach, "attach to \(what)")
    }

    private static func open(
        _ attributes: inout perf_event_attr, _ what: String
    ) throws(BPFError) -> FileDescriptor {
        FileDescriptor(
            owning: try unsafe checkErrno(why_perf_event_open(&attributes, -1, 0), .attach, what))
    }

    /// By which number the kernel has its kprobes.
    private static func kprobeType(_ what: String) throws(BPFError) -> UInt32 {
        let path = "/sys/bus/event_source/devices/kprobe/type"
        let bytes: [UInt8]
        do throws(BPFError) { bytes = try readFile(path) } catch {
            // What cannot be read says nothing of the kernel.
            guard error.errno == ENOENT else { throw BPFError(.attach, what, detail: "\(error)") }
            throw BPFError(.notSupported, what, detail: "this kernel has no kprobes")
        }
        let text = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        guard let type = UInt32(text) else {
            throw BPFError(.attach, what, detail: "\(path) has no number")
        }
        return type
    }
}
