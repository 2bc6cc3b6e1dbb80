// SPDX-License-Identifier: Apache-2.0
import Foundation
import Report
import Seeded
import Testing

@Suite struct JSONLineTests {
    static func line(_ fields: (inout JSONLine) -> Void) -> String {
        var buffer: [UInt8] = []
        var line = JSONLine(kind: "test", in: &buffer)
        fields(&line)
        line.end(in: &buffer)
        return String(decoding: buffer, as: UTF8.self)
    }

    static func parse(_ line: String) throws -> [String: Any] {
        let parsed = try JSONSerialization.jsonObject(with: Data(line.utf8))
        return try #require(parsed as? [String: Any])
    }

    @Test func keepsTheOrderOfFields() {
        let line = Self.line { line in
            line.integer("z", 1)
            line.integer("a", -2)
            line.object("m") { inner in
                inner.integer("y", UInt64.max)
                inner.object("empty") { _ in }
                inner.integer("b", Int64.min)
            }
            line.bool("t", true)
            line.bool("f", false)
            line.null("n")
            line.integer("i", UInt8?.none)
            line.string("s", nil)
            line.number("d", nil)
        }
        #expect(
            line == """
                {"kind":"test","z":1,"a":-2,"m":{"y":18446744073709551615,"empty":{},\
                "b":-9223372036854775808},"t":true,"f":false,"n":null,"i":null,"s":null,"d":null}

                """)
    }

    @Test func arraysHoldAnyNumberOfIntegers() {
        let line = Self.line { line in
            line.integers("none", [UInt32]())
            line.integers("one", [7 as UInt8])
            line.integers("more", [-1, 0, Int64.max])
            line.bool("after", true)
        }
        #expect(
            line == """
                {"kind":"test","none":[],"one":[7],"more":[-1,0,9223372036854775807],"after":true}

                """)
    }

    @Test func escapesWhatJSONRequires() {
        let line = Self.line { $0.string("q\"\\", "a\"b\\c\nd\te\u{0}f\u{1B}[0m\u{7F}é🦀") }
        #expect(
            line == #"{"kind":"test","q\"\\":"a\"b\\c\u000ad\u0009e\u0000f\u001b[0m\u007fé🦀"}"# + "\n")
    }

    @Test func repairsWhatIsNotUTF8() {
        let line = Self.line { $0.string("s", utf8: [0x61, 0xff, 0x62, 0xc3]) }
        #expect(line == "{\"kind\":\"test\",\"s\":\"a\u{FFFD}b\u{FFFD}\"}\n")
    }

    @Test func anyStringComesBackAsItWas() throws {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<500 {
            var scalars = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                let limit: UInt32 = Bool.random(using: &random) ? 0x80 : 0x10FFFF
                if let scalar = Unicode.Scalar(UInt32.random(in: 0...limit, using: &random)) {
                    scalars.append(scalar)
                }
            }
            let text = String(scalars)
            let parsed = try Self.parse(Self.line { $0.string("s", text) })
            let back = try #require(parsed["s"] as? String)
            // Scalar by scalar: == would take canonical equivalents as equal.
            #expect(Array(back.unicodeScalars) == Array(text.unicodeScalars))
        }
    }

    @Test(arguments: [
        (0, "0"), (1, "1"), (-1.5, "-1.5"), (0.1, "0.1"), (0.1 + 0.2, "0.3"), (1e-9, "0"),
        (-1e-9, "0"), (0.0000015, "0.000002"), (123456.789, "123456.789"), (1e20, "1e+20"),
        (.infinity, "null"), (.nan, "null"), (0.999999999, "1"),
    ])
    func numbersHaveSensibleDigits(value: Double, text: String) throws {
        let line = Self.line { $0.number("d", value) }
        #expect(line == "{\"kind\":\"test\",\"d\":\(text)}\n")
        _ = try Self.parse(line)
    }

    @Test func appendsToWhatTheBufferHolds() {
        var buffer = Array("before\n".utf8)
        for _ in 0..<2 {
            var line = JSONLine(kind: "x", in: &buffer)
            line.end(in: &buffer)
        }
        #expect(String(decoding: buffer, as: UTF8.self) == "before\n{\"kind\":\"x\"}\n{\"kind\":\"x\"}\n")
    }
}
