// SPDX-License-Identifier: Apache-2.0
import BPF
import BenchConsumer
import Glibc
import Model
import Probes
import Report

/// Events from one ring buffer: by tcpwhy's own code, and by a reader in C.
struct Ring: ~Copyable {
    private let object: BPFObject
    /// Fills of a round; each leaves no more than fits a CPU's cache, as a reader finds it
    /// that keeps up.
    private let fills = 200

    init() throws(BPFError) {
        let file = try readFile(".build/bench/ring.bpf.o")
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: file.count, alignment: 8)
        defer { bytes.deallocate() }
        bytes.copyBytes(from: file)
        let object = try BPFObject(bytes: UnsafeRawBufferPointer(bytes), name: "ring")
        try object.load()
        self.object = object
    }

    /// Both by turns.
    func measure(rounds: Int) throws(BPFError) {
        let map = try object.map(named: "events")
        var swift = try RingBuffer(map)
        guard let consumer = consumer_open(map.descriptor) else {
            throw BPFError(.ring, errno: errno, "open the ring buffer in C")
        }
        for _ in 0..<rounds {
            var ours = Meter(), theirs = Meter()
            var decoded = 0, received = 0
            var sum: UInt64 = 0, expected: UInt64 = 0
            for _ in 0..<fills {
                try object.testRun(program: "fill")
                decoded += ours.measure { Self.consume(&swift, &sum) }
                try object.testRun(program: "fill")
                received += theirs.measure { Int(consumer_consume(consumer, &expected)) }
            }
            guard decoded == received, sum == expected else {
                throw BPFError(.ring, "read the ring buffer", detail: "the two read different events")
            }
            ours.report("ring", by: "tcpwhy", count: decoded)
            theirs.report("ring", by: "libbpf in C", count: received)
        }
    }

    /// A function of its own, as in C.
    @inline(never)
    private static func consume(_ ring: inout RingBuffer, _ sum: inout UInt64) -> Int {
        ring.consume { bytes in
            if let event = ConnectDecoding.event(bytes, .derived) { sum &+= worth(event) }
        }
    }

    /// As `worth` in bench/consumer: every field counts, so that no compiler leaves one out.
    /// Inlined as clang inlines that: where the event must lie in memory, both take longer.
    @inline(__always)
    private static func worth(_ event: ConnectEvent) -> UInt64 {
        let key = event.key
        var sum = event.time &+ (event.total ?? 0) &+ UInt64(key.pid) &+ UInt64(key.netns)
        sum &+= UInt64(event.thread) &+ key.command.first &+ key.command.second
        switch key.family {
        case .ipv4: sum &+= 4
        case .ipv6: sum &+= 6
        }
        switch key.kind {
        case .connect: break
        case .bind: sum &+= 1
        }
        sum &+= UInt64(key.port) &+ UInt64(event.sourcePort)
        if let source = key.source { sum &+= worth(source) }
        if let destination = key.destination { sum &+= worth(destination) }
        if let source = event.source { sum &+= worth(source) }
        sum &+= event.search ?? 0
        sum &+= event.call ?? 0
        if let tried = event.portsTried { sum &+= UInt64(tried) }
        if event.triedMethod != nil { sum &+= 1 }
        switch event.outcome {
        case .established: break
        case .failed(let errno): sum &+= UInt64(truncatingIfNeeded: errno) &+ 1
        case .abandoned: sum &+= 2
        }
        if key.isOverflow { sum &+= 1 }
        if event.isCertain { sum &+= 1 }
        if event.wasBound { sum &+= 1 }
        if event.reusedTimeWait { sum &+= 1 }
        return sum
    }

    private static func worth(_ address: IPAddress) -> UInt64 {
        address.words.0 &+ address.words.1
    }

    /// The line of each event, from the ring buffer to JSON.
    func measureLines(rounds: Int) throws(BPFError) {
        var ring = try RingBuffer(object.map(named: "events"))
        let clock = WallClock(offset: 0)
        var lines: [UInt8] = []
        for _ in 0..<rounds {
            var meter = Meter()
            var count = 0
            for _ in 0..<fills {
                try object.testRun(program: "fill")
                count += meter.measure {
                    lines.removeAll(keepingCapacity: true)
                    return ring.consume { bytes in
                        guard let event = ConnectDecoding.event(bytes, .derived) else { return }
                        PortsJSON.write(event, clock: clock, to: &lines)
                    }
                }
            }
            meter.report("events", by: "tcpwhy", count: count)
        }
    }
}
