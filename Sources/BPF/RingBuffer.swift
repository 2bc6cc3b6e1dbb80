// SPDX-License-Identifier: Apache-2.0
import CLibbpf
import Glibc

/// The reader's side of one or more BPF ring buffers.
@safe
public struct RingBuffer: ~Copyable {
    // INVARIANT: both valid until `deinit`, which alone frees them. libbpf hands
    // `receiver` back to `deliver`, only during `consume` and `poll`.
    private let handle: OpaquePointer
    private let receiver: Unmanaged<Receiver>

    public init(_ map: borrowing BPFMap) throws(BPFError) {
        LibbpfLog.install()
        let first = try OpenRing(map.file.duplicate())
        let receiver = unsafe Unmanaged.passRetained(Receiver(first))
        guard
            let handle = unsafe ring_buffer__new(
                first.file.number, deliver, receiver.toOpaque(), nil)
        else {
            let failure = BPFError(.ring, errno: errno, "open ring buffer \(map.name)")
            unsafe receiver.release()
            throw failure
        }
        unsafe self.handle = handle
        unsafe self.receiver = unsafe receiver
    }

    deinit {
        unsafe ring_buffer__free(handle)
        unsafe receiver.release()
    }

    /// Reads one more ring along with the first.
    public func add(_ map: borrowing BPFMap) throws(BPFError) {
        let ring = try OpenRing(map.file.duplicate())
        try unsafe check(
            ring_buffer__add(handle, ring.file.number, deliver, receiver.toOpaque()), .ring,
            "open ring buffer \(map.name)")
        unsafe receiver.takeUnretainedValue().rings.append(ring)
    }

    /// Readable when there are events. Belongs to the ring buffer.
    public var epollFD: Int32 { unsafe ring_buffer__epoll_fd(handle) }

    /// Hands the events that are there to `body`, `limit` at most: a busy
    /// producer must not keep the caller here. Returns their number. The bytes
    /// are the ring's own and are valid during the call of `body` only.
    @discardableResult
    public mutating func consume(
        limit: Int = .max, _ body: (RawSpan) -> Void
    ) throws(BPFError) -> Int {
        try read(limit, body) { unsafe ring_buffer__consume(handle) }
    }

    /// The same, after waiting for the first event; `nil` waits for ever.
    @discardableResult
    public mutating func poll(
        timeout: Duration?, limit: Int = .max, _ body: (RawSpan) -> Void
    ) throws(BPFError) -> Int {
        try read(limit, body) {
            unsafe ring_buffer__poll(handle, timeout.map(\.wholeMilliseconds) ?? -1)
        }
    }

    private func read(
        _ limit: Int, _ body: (RawSpan) -> Void, _ call: () -> Int32
    ) throws(BPFError) -> Int {
        guard limit > 0 else { return 0 }
        // SAFETY: `self` holds a reference until `deinit`.
        let receiver = unsafe receiver.takeUnretainedValue()
        receiver.left = limit
        let result = withoutActuallyEscaping(body) { body in
            let body = Body(body)
            // SAFETY: `body` lives until the call is over, and so does what is set here.
            return withExtendedLifetime(body) {
                unsafe receiver.body = Unmanaged.passUnretained(body)
                defer { unsafe receiver.body = nil }
                return call()
            }
        }
        // A signal ends the wait; the events stay where they are.
        if result != -EINTR, result != Receiver.full {
            try check(result, .ring, "read the ring buffer")
        }
        return limit - receiver.left
    }
}

/// libbpf watches a ring's descriptor but does not keep it open.
private final class OpenRing {
    let file: FileDescriptor

    init(_ file: consuming FileDescriptor) {
        self.file = file
    }
}

/// The closure of a call. A constant, so that calling it for an event need not count references.
private final class Body {
    let call: (RawSpan) -> Void

    init(_ call: @escaping (RawSpan) -> Void) {
        self.call = call
    }
}

/// Carries the closure of the call under way through libbpf.
@safe
private final class Receiver {
    var rings: [OpenRing]
    /// libbpf passes on what the callback returns, this event being read.
    static let full = -ECANCELED
    var body: Unmanaged<Body>?
    var left = 0

    init(_ ring: OpenRing) {
        rings = [ring]
    }
}

/// libbpf calls this for each event; below 0 it stops.
private func deliver(
    _ context: UnsafeMutableRawPointer?, _ data: UnsafeMutableRawPointer?, _ size: Int
) -> Int32 {
    guard let context = unsafe context, let data = unsafe data else { return 0 }
    // SAFETY: `context` is the RingBuffer's receiver, and `data` is `size`
    // readable bytes until this returns.
    return unsafe Unmanaged<Receiver>.fromOpaque(context)._withUnsafeGuaranteedRef { receiver in
        let bytes = unsafe UnsafeRawBufferPointer(start: data, count: size).bytes
        unsafe receiver.body?._withUnsafeGuaranteedRef { $0.call(bytes) }
        receiver.left -= 1
        return receiver.left > 0 ? 0 : Receiver.full
    }
}
