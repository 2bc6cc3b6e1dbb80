// SPDX-License-Identifier: Apache-2.0
import CLibbpf
import Glibc

extension BPFObject {
    /// Attaches where the program's section says.
    public func attach(program name: String) throws(BPFError) -> Link {
        let program = try unsafe find(program: name)
        let section = unsafe String(cString: bpf_program__section_name(program))
        return try unsafe link("attach \(section)") { unsafe bpf_program__attach(program) }
    }

    /// Attaches to a perf event. `perfFD` belongs to the link from here on,
    /// and is closed if there is none.
    public func attachPerfEvent(program name: String, perfFD: Int32) throws(BPFError) -> Link {
        try attach(program: name, to: FileDescriptor(owning: perfFD), "a perf event")
    }

    /// Attaches to a kernel function's entry or return by kprobe.
    public func attachKprobe(
        program name: String, function: String, isReturn: Bool
    ) throws(BPFError) -> Link {
        let event = try PerfEvent.kprobe(function: function, isReturn: isReturn)
        return try attach(
            program: name, to: event, "\(isReturn ? "kretprobe" : "kprobe")/\(function)")
    }

    /// Attaches to a tracepoint by its number, for which nothing need be mounted.
    public func attachTracepoint(program name: String, id: UInt64) throws(BPFError) -> Link {
        let event = try PerfEvent.tracepoint(id: id)
        return try attach(program: name, to: event, "tracepoint \(id)")
    }

    /// Attaches an iterator program; `Link.runIterator` then runs it.
    public func attachIterator(program name: String) throws(BPFError) -> Link {
        let program = try unsafe find(program: name)
        return try unsafe link("attach iterator \(name)") {
            unsafe bpf_program__attach_iter(program, nil)
        }
    }

    private func attach(
        program name: String, to event: consuming FileDescriptor, _ what: String
    ) throws(BPFError) -> Link {
        let program = try unsafe find(program: name)
        let number = event.number
        let link = try unsafe link("attach \(name) to \(what)") {
            unsafe bpf_program__attach_perf_event(program, number)
        }
        // The link closes it now.
        _ = event.release()
        return link
    }

    /// libbpf gives a link, or NULL and errno.
    private func link(
        _ what: String, _ attach: () -> OpaquePointer?
    ) throws(BPFError) -> Link {
        let (made, warnings) = unsafe LibbpfLog.capturing {
            () -> (link: OpaquePointer?, errno: Int32) in
            let link = unsafe attach()
            return unsafe (link, errno)
        }
        guard let link = unsafe made.link else {
            throw unsafe BPFError(
                .attach, errno: made.errno, what, detail: VerifierLog.tail(of: warnings, limit: 1))
        }
        return unsafe Link(owning: link)
    }
}
