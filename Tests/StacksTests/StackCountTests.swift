// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Stacks

@Suite struct StackCountTests {
    private func count(_ text: String) -> StackCount? {
        StackCount(Array(text.utf8).span.bytes)
    }

    @Test("decimal sums are exact in any order")
    func exactSums() throws {
        var sum = StackCount.zero
        for text in ["0.1", "0.2", "0.7", "12"] { sum += try #require(count(text)) }
        #expect(sum == StackCount(13))
        #expect("\(sum)" == "13")
    }

    @Test("a fraction is written without zeros at its end")
    func description() throws {
        #expect("\(try #require(count("3.0250")))" == "3.025")
        #expect("\(try #require(count("0.000000001")))" == "0.000000001")
        #expect(try #require(count("1.9999999999")).value < 2)
    }

    @Test("what does not fit stays at the largest")
    func saturates() throws {
        #expect(count("18446744073709551616") == .max)
        #expect(count("18446744073709551615") == StackCount(.max))
        var sum = StackCount(.max)
        sum += StackCount(1)
        #expect(sum == .max)
        for text in ["18446744073709551615.5", "99999999999999999999.25", "18446744073709551615.999999999"] {
            #expect("\(try #require(count(text)))" == "18446744073709551615")
        }
        sum = try #require(count("18446744073709551614.6"))
        sum += try #require(count("0.6"))
        #expect("\(sum)" == "18446744073709551615")
    }
}
