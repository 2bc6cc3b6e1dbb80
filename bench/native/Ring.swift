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
                decoded += try ours.measure { () throws(BPFError) in
                    try swift.consume { bytes in
                        ConnectDecoding.withEvent(bytes, .derived) { sum &+= Self.worth($0) }
                    }
                }
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

    @inline(never) private static func worth(_ event: ConnectEvent) -> UInt64 {
        let initial = withUnsafeBytes(of: event.key.command) { $0[0] }
        return (event.total ?? 0) &+ UInt64(event.sourcePort) &+ UInt64(initial)
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
                count += try meter.measure { () throws(BPFError) in
                    lines.removeAll(keepingCapacity: true)
                    return try ring.consume { bytes in
                        ConnectDecoding.withEvent(bytes, .derived) {
                            PortsJSON.write($0, clock: clock, to: &lines)
                        }
                    }
                }
            }
            meter.report("events", by: "tcpwhy", count: count)
        }
    }
}
