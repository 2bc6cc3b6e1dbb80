// SPDX-License-Identifier: Apache-2.0
import BPF
import Testing

@Suite struct RawSpanTests {
    private let bytes: [UInt8] = [1, 0, 0, 0, 2, 0, 0, 0, 3]

    @Test func readsUnalignedValues() {
        let span = bytes.span.bytes
        #expect(span.read(UInt32.self, at: 4) == 2)
        #expect(span.read(UInt32.self, at: 1) == 0x0200_0000)
    }

    @Test func refusesWhatIsCutShort() {
        let span = bytes.span.bytes
        #expect(span.read(UInt32.self, at: 6) == nil)
        #expect(span.read(UInt64.self, at: -1) == nil)
        #expect(span.read(UInt64.self, at: .max) == nil)
        #expect(span.read(UInt64.self, at: 1) != nil)
    }
}
