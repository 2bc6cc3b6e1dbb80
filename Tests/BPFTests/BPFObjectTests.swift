// SPDX-License-Identifier: Apache-2.0
import Glibc
import Host
import Synchronization
import Testing

@testable import BPF

@Suite struct BPFObjectTests {
    @Test func refusesWhatIsNoObject() {
        let bytes = [UInt8]("not an object".utf8)
        #expect {
            try bytes.withUnsafeBytes { _ = try BPFObject(bytes: $0, name: "fixture") }
        } throws: {
            "\($0)".hasPrefix("cannot open BPF object fixture: ")
        }
        #expect(throws: BPFError.self) {
            _ = try BPFObject(bytes: UnsafeRawBufferPointer(start: nil, count: 0), name: "empty")
        }
    }

    @Test(.enabled(if: CompiledFixture.isAvailable, "needs clang"))
    func listsWhatIsInAnObject() throws {
        let object = try open(CompiledFixture.good, "fixture")
        #expect(Set(object.programNames) == ["count", "emit", "traced", "entered", "each"])
        #expect(Set(object.mapNames).isSuperset(of: ["events", "calls", ".rodata.config"]))
    }

    @Test(.enabled(if: CompiledFixture.isAvailable, "needs clang"))
    func refusesNamesAndSizesThatDoNotFit() throws {
        let object = try open(CompiledFixture.good, "fixture")
        #expect(throws: BPFError(.notFound, "find program nobody in BPF object fixture")) {
            try object.only(programs: ["count", "nobody"])
        }
        #expect(throws: BPFError(.notFound, "find map nobody in BPF object fixture")) {
            try object.setMaxEntries(map: "nobody", 1)
        }
        #expect {
            try object.setReadOnly(UInt32(1), map: ".rodata.config")
        } throws: {
            "\($0)" == "cannot set .rodata.config to 4 bytes: Invalid argument"
        }
        #expect(throws: BPFError.self) { _ = try object.map(named: "calls") }
        #expect(throws: BPFError.self) { _ = try object.programInfo("count") }
    }
}

@Suite(
    .enabled(if: KernelUnderTest.isRoot, "needs root"),
    .enabled(if: CompiledFixture.isAvailable, "needs clang"))
struct LoadedObjectTests {
    private struct Config: BitwiseCopyable, Equatable {
        var first: UInt32
        var second: UInt32
    }

    @Test func showsTheVerifiersReason() throws {
        let object = try open(CompiledFixture.refused, "fixture")
        #expect {
            try object.load()
        } throws: { error in
            guard let error = error as? BPFError, let detail = error.detail else { return false }
            return error.code == .load && error.errno == EACCES
                && detail.hasSuffix("R1 invalid mem access 'scalar'")
                && error.description.hasPrefix(
                    "cannot load program careless of BPF object fixture: Permission denied\n")
        }
    }

    @Test func loadsOnlyWhatWasChosen() throws {
        let object = try loadFixture(["count"])
        #expect(try object.programInfo("count").id > 0)
        #expect(throws: BPFError.self) { _ = try object.programInfo("emit") }
    }

    @Test func countsItsRuns() throws {
        let statistics = try ProgramStatistics()
        let object = try loadFixture(["count"])
        for _ in 0..<7 { #expect(try object.testRun(program: "count") == 0) }
        let counts = try object.map(named: "calls").lookupPerCPU(UInt32(0), as: UInt64.self)
        #expect(counts?.reduce(0, +) == 7)
        let info = try object.programInfo("count")
        #expect(info.runCount == 7)
        #expect(info.recursionMisses ?? 0 == 0)
        _ = consume statistics
    }

    /// Where its section says; by the tracepoint's number, no tracefs need be mounted.
    @Test(arguments: ["count", "traced"])
    func runsWhereItIsAttached(program: String) throws {
        let object = try loadFixture([program])
        let calls = try object.map(named: "calls")
        func total() throws -> UInt64 {
            try calls.lookupPerCPU(UInt32(0), as: UInt64.self)?.reduce(0, +) ?? 0
        }
        let link =
            if program == "count" {
                try object.attach(program: program)
            } else {
                try object.attachTracepoint(
                    program: program,
                    id: #require(try TraceFS().tracepointID("sock", "inet_sock_set_state")))
            }
        #expect(link.missed == nil)
        try listenOnce()
        #expect(try total() >= 2)
        try link.detach()
        let before = try total()
        try listenOnce()
        #expect(try total() == before)
    }

    @Test func deliversWhatAProgramSends() throws {
        let object = try open(CompiledFixture.good, "fixture")
        try object.only(programs: ["emit"])
        try object.setReadOnly(Config(first: 17, second: 4), map: ".rodata.config")
        try object.load()
        var ring = try RingBuffer(object.map(named: "events"))
        #expect(ring.consume { _ in Issue.record("nothing was sent") } == 0)
        for _ in 0..<1000 { #expect(try object.testRun(program: "emit") == 0) }
        var seen: [Config?] = []
        #expect(ring.consume(limit: 10) { seen.append($0.read()) } == 10)
        let loop = try EventLoop()
        try loop.watch(ring.descriptor)
        #expect(try loop.wait(timeout: .seconds(1)).readable == [ring.descriptor])
        #expect(ring.consume { seen.append($0.read()) } == 990)
        #expect(try loop.wait(timeout: .zero).isEmpty)
        #expect(seen == [Config?](repeating: Config(first: 17, second: 4), count: 1000))
    }

    @Test func readsARingWhoseMapIsNotHeld() throws {
        let object = try loadFixture(["emit"])
        var ring = try RingBuffer(object.map(named: "events"))
        try object.testRun(program: "emit")
        #expect(ring.consume { _ in } == 1)
    }

    @Test func readsARingOverAndOver() throws {
        let object = try loadFixture(["emit"])
        let map = try object.map(named: "events")
        var ring = try RingBuffer(map)
        var seen: [Config?] = []
        // Twice the ring's size, with two records of 16 bytes each time.
        for _ in 0..<Int(map.maxEntries) / 16 / 100 {
            for _ in 0..<100 { try object.testRun(program: "emit") }
            #expect(ring.consume { seen.append($0.read()) } == 100)
        }
        #expect(seen.allSatisfy { $0 != nil && $0 == seen[0] })
    }

    @Test func anErrorLeavesTheRecordsAfterIt() throws {
        let object = try loadFixture(["emit"])
        var ring = try RingBuffer(object.map(named: "events"))
        for _ in 0..<3 { try object.testRun(program: "emit") }
        #expect(throws: TestFailure.self) {
            try ring.consume { _ in throw TestFailure("enough") }
        }
        #expect(ring.consume { _ in } == 2)
    }

    @Test func readsNoMapOfAnotherType() throws {
        let object = try loadFixture(["count"])
        #expect(throws: BPFError.self) { _ = try RingBuffer(object.map(named: "calls")) }
    }

    @Test func runsAnIterator() throws {
        let object = try loadFixture(["each"])
        let link = try object.attachIterator(program: "each")
        var bytes = 0
        try link.runIterator { bytes += $0.byteCount }
        #expect(bytes == 0)
    }

    @Test func saysWhyAnAttachFailed() throws {
        let object = try loadFixture(["count"])
        #expect(throws: BPFError.self) {
            _ = try object.attachTracepoint(program: "count", id: 1 << 40)
        }
        #expect(throws: BPFError.self) { _ = try object.attachIterator(program: "count") }
        #expect(throws: BPFError.self) {
            _ = try object.attachKprobe(program: "count", function: "no_such", isReturn: false)
        }
    }

    @Test func leavesNothingOpen() throws {
        try withPrivateDescriptors {
            let before = openDescriptors()
            do {
                let object = try loadFixture(["count", "emit"])
                let link = try object.attach(program: "count")
                let ring = try RingBuffer(object.map(named: "events"))
                #expect(openDescriptors().count > before.count)
                #expect(link.missed == nil && ring.descriptor > 0)
            }
            #expect(openDescriptors() == before)
            let refused = try open(CompiledFixture.refused, "refused")
            #expect(throws: BPFError.self) { try refused.load() }
            #expect(throws: BPFError.self) { _ = try refused.attach(program: "careless") }
        }
    }

    @Test func keepsAMapBeyondItsObject() throws {
        let map = try loadFixture(["count"]).map(named: "calls")
        #expect(try map.lookupPerCPU(UInt32(0), as: UInt64.self)?.reduce(0, +) == 0)
    }
}

private func loadFixture(_ programs: Set<String>) throws -> BPFObject {
    let object = try open(CompiledFixture.good, "fixture")
    try object.only(programs: programs)
    try object.load()
    return object
}

private func open(_ bytes: [UInt8]?, _ name: String) throws -> BPFObject {
    guard let bytes else { throw TestFailure("clang made no object") }
    // What is not copyable does not come out of withUnsafeBytes as a result.
    var object: BPFObject?
    try bytes.withUnsafeBytes { object = try BPFObject(bytes: $0, name: name) }
    guard let object else { throw TestFailure("not opened") }
    return object
}

/// Two changes of a socket's state: to LISTEN, and to CLOSE.
private func listenOnce() throws {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0, listen(socket, 1) == 0 else { throw TestFailure("listen: \(errno)") }
    close(socket)
}
