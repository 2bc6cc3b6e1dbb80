// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Report

@Suite struct EventTests {
    static let clock = WallClock(offset: 1_795_464_000_000_000_000)

    static func event(
        _ key: ConnectKey = Sample.key(), outcome: ConnectEvent.Outcome = .established,
        source: IPAddress? = Sample.local, sourcePort: UInt16 = 20017, search: UInt64? = 12_345,
        tried: UInt32? = 24, isCertain: Bool = true, wasBound: Bool = false, reused: Bool = false
    ) -> ConnectEvent {
        ConnectEvent(
            time: 327_042_999_999, key: key, thread: 1235, source: source, sourcePort: sourcePort,
            outcome: outcome, search: search, call: 45_678, total: 99_000, portsTried: tried,
            triedMethod: .derived, isCertain: isCertain, wasBound: wasBound, reusedTimeWait: reused)
    }

    static func line(_ event: ConnectEvent) -> String {
        var bytes: [UInt8] = []
        EventLine(clock: clock).write(event, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    static func json(_ event: ConnectEvent) -> String {
        var bytes: [UInt8] = []
        PortsJSON.write(event, clock: clock, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func oneLinePerConnectUnderItsHeading() {
        let failed = Self.event(
            outcome: .failed(99), source: nil, sourcePort: 0, search: 1_500_000, tried: 51,
            isCertain: false)
        let bound = Self.event(search: nil, tried: nil, wasBound: true)
        let bind = Self.event(
            Sample.key(77, "iperf3", kind: .bind, to: nil, port: 0), source: IPAddress(0, 0, 0, 0))
        let text = EventLine.heading + "\n" + [Self.event(), failed, bound, bind].map(Self.line).joined()
        #expect(
            text == """
                TIME              PID COMM             SOURCE                → DESTINATION           \
                  SEARCH    TRIED     CALL  RESULT
                20:05:27.042     1234 nginx            127.0.0.1:20017       → 127.0.0.1:9000        \
                  12.3µs       24   45.7µs  established
                20:05:27.042     1234 nginx            –                     → 127.0.0.1:9000        \
                  1.50ms      ~51   45.7µs  EADDRNOTAVAIL
                20:05:27.042     1234 nginx            127.0.0.1:20017       → 127.0.0.1:9000        \
                   bound        –   45.7µs  established
                20:05:27.042       77 iperf3           0.0.0.0:20017         → bind(0)               \
                  12.3µs       24   45.7µs  bound

                """)
    }

    @Test func aTakenOverTimeWaitSocketIsSaid() {
        #expect(Self.line(Self.event(reused: true)).hasSuffix("(took over a TIME_WAIT socket)\n"))
    }

    @Test func ipv6EndsAreInBrackets() {
        let six = IPAddress("2001:db8::7")!
        let line = Self.line(Self.event(Sample.key(to: six, port: 443), source: six))
        #expect(line.contains("[2001:db8::7]:20017   → [2001:db8::7]:443"))
    }

    @Test func aNameCannotBreakTheLine() {
        let line = Self.line(Self.event(Sample.key(1, "a\nb\u{1B}[31m")))
        #expect(line.split(separator: "\n").count == 1)
        #expect(!line.contains("\u{1B}"))
    }

    @Test func jsonHasAllThatIsKnown() {
        #expect(
            Self.json(Self.event()) == """
                {"kind":"connect","time":"2026-11-23T20:05:27.042Z","pid":1234,"tid":1235,\
                "comm":"nginx","netns":4026531840,"family":"ipv4","source":"127.0.0.1",\
                "source_port":20017,"destination":"127.0.0.1","port":9000,"result":"established",\
                "search_ns":12345,"ports_tried":24,"method":"derived","certain":true,\
                "call_ns":45678,"total_ns":99000,"bound":false,"reused":false}

                """)
    }

    @Test func jsonSaysNullForWhatIsNot() throws {
        let event = Self.event(
            outcome: .failed(200), source: nil, sourcePort: 0, search: nil, tried: nil)
        let line = Self.json(event)
        _ = try JSONLineTests.parse(line)
        #expect(line.contains(#""source":null,"source_port":null"#))
        #expect(line.contains(#""result":"errno 200","search_ns":null,"ports_tried":null,"method":null"#))
        #expect(line.contains(#""certain":null"#))
    }

    @Test(arguments: [
        (ConnectEvent.Outcome.established, "established"), (.abandoned, "abandoned"),
        (.failed(99), "EADDRNOTAVAIL"), (.failed(111), "ECONNREFUSED"),
    ])
    func resultsAreNamed(outcome: ConnectEvent.Outcome, name: String) {
        #expect(Self.event(outcome: outcome).result == name)
    }
}
