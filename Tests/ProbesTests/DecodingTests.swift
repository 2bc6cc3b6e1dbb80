// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
import Model
import Testing

@testable import Probes

/// From the bytes that the programs write to the model's values.
@Suite struct DecodingTests {
    private let all = ConnectCoverage(backend: .fentry, method: .derived, bind: true)
    private let tracepoint = ConnectCoverage(backend: .tracepoint, method: nil, bind: true)

    private func decode<Raw: BitwiseCopyable, Value>(
        _ raw: Raw, _ body: (RawSpan) -> Value
    ) -> Value {
        withUnsafeBytes(of: raw) { body($0.bytes) }
    }

    private func event(_ bytes: RawSpan) -> ConnectEvent? {
        ConnectDecoding.event(bytes, all.method)
    }

    private func key(
        family: why_family = WHY_IPV4, kind: why_kind = WHY_KIND_CONNECT
    ) -> why_connect_key {
        var key = why_connect_key()
        key.pid = 42
        key.netns = 4_026_531_840
        key.family = UInt8(family.rawValue)
        key.kind = UInt8(kind.rawValue)
        key.port = 9000
        key.remote.0 = 127
        key.remote.3 = 1
        key.comm.0 = 110
        key.comm.1 = 103
        return key
    }

    @Test func readsAKey() throws {
        let decoded = try #require(decode(key()) { ConnectDecoding.key($0) })
        #expect(decoded.kind == .connect && decoded.pid == 42 && decoded.command == "ng")
        #expect(decoded.destination == IPAddress(127, 0, 0, 1) && decoded.port == 9000)
        #expect(decoded.source == nil && !decoded.isOverflow)
    }

    @Test func aSourceIsThereOnlyIfBound() throws {
        var raw = key()
        raw.local.0 = 10
        #expect(decode(raw) { ConnectDecoding.key($0) }?.source == IPAddress(10, 0, 0, 0))
    }

    @Test func bindHasNoDestination() throws {
        let decoded = decode(key(kind: WHY_KIND_BIND)) { ConnectDecoding.key($0) }
        #expect(decoded?.kind == .bind && decoded?.destination == nil)
    }

    @Test func readsTotals() throws {
        var raw = why_connect_stats()
        raw.connects = 100
        raw.searches = 3
        raw.search_ns_sum = 30
        raw.search_ns_max = 5
        withUnsafeMutableBytes(of: &raw.failed) {
            $0.storeBytes(of: 7, toByteOffset: 99 * 4, as: UInt32.self)
        }
        withUnsafeMutableBytes(of: &raw.search_ns_hist) {
            $0.storeBytes(of: 3, toByteOffset: 9 * 4, as: UInt32.self)
        }
        raw.tried = 3
        raw.tried_sum = 12
        raw.certain = 2
        raw.no_port = 4
        raw.tuple_taken = 2
        raw.unsent = 1
        let stats = try #require(decode(raw) { ConnectDecoding.stats($0, sees: all) })
        #expect(stats.connects == 100 && stats.failed == [99: 7])
        #expect(stats.withoutPort == 4 && stats.tupleTaken == 2 && stats.unsent == 1)
        #expect(stats.search?.sum == 30 && stats.search?.count == 3)
        #expect(stats.tried?.sum == 12 && stats.certain == 2 && stats.triedMethod == .derived)
        // A race of two CPUs lost the maximum; bucket 9 begins at 9.
        #expect(stats.search?.maximum == 9)
    }

    @Test func whatABackendCannotSeeIsNil() throws {
        let stats = try #require(
            decode(why_connect_stats()) { ConnectDecoding.stats($0, sees: tracepoint) })
        #expect(stats.search == nil && stats.tried == nil && stats.reused == nil)
    }

    @Test func tooFewBytesAreNoValue() {
        let bytes = [UInt8](repeating: 1, count: 63)
        bytes.withUnsafeBytes {
            #expect(ConnectDecoding.key($0.bytes) == nil)
            #expect(ConnectDecoding.stats($0.bytes, sees: all) == nil)
            #expect(event($0.bytes) == nil)
        }
    }

    @Test func readsAnEvent() throws {
        var raw = why_connect_event()
        raw.key = key()
        raw.tid = 43
        raw.error = 111
        raw.outcome = UInt8(WHY_OUTCOME_FAILED.rawValue)
        raw.flags = UInt8(WHY_EVENT_SEARCHED | WHY_EVENT_CERTAIN)
        raw.search_ns = 1500
        raw.ports_tried = 4
        raw.method = UInt8(WHY_METHOD_DERIVED.rawValue)
        let event = try #require(decode(raw) { self.event($0) })
        #expect(event.outcome == .failed(111) && event.thread == 43)
        #expect(event.search == 1500 && event.portsTried == 4 && event.isCertain)
        #expect(event.call == nil && !event.wasBound && !event.reusedTimeWait)
    }

    @Test func filtersReachTheConfiguration() throws {
        var options = ConnectOptions()
        options.command = "a-name-longer-than-fifteen"
        options.destination = try AddressBlock(parsing: "10.1.0.0/16")
        options.port = 80
        let config = options.filters
        #expect(config.port == 80 && config.dest_family == 4 && config.filter_comm == 1)
        #expect(config.dest.0 == 10 && config.dest_mask.1 == 255 && config.dest_mask.2 == 0)
        #expect(config.comm.14 == UInt8(ascii: "t") && config.comm.15 == 0)
    }
}
