// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Host

@Suite struct KernelPlaceTests {
    private static let text = """
        0000000000000000 A fixed_percpu_data
        ffffffff81000000 T _text
        ffffffff81a2b300 t tcp_v4_rcv
        ffffffff81a2b340 d not_code
        ffffffff81a2b400 T tcp_v6_rcv
        ffffffff81a2b400 t alias
        ffffffffc0a00000 t nf_conntrack_in\t[nf_conntrack]
        ffffffffc0900000 t nf_hook\t[nf_tables]

        """

    private func place(_ address: UInt64) -> String? {
        KernelSymbols.places(of: [address], parsing: Self.text)[address]?.description
    }

    @Test func namesTheFunctionThatAnAddressIsIn() {
        #expect(place(0xffff_ffff_81a2_b38c) == "tcp_v4_rcv+0x8c")
        #expect(place(0xffff_ffff_81a2_b300) == "tcp_v4_rcv+0x0")
        #expect(place(0xffff_ffff_c0a0_0010) == "nf_conntrack_in+0x10 [nf_conntrack]")
    }

    @Test func ofTwoNamesTheFirstIsTaken() {
        #expect(place(0xffff_ffff_81a2_b401) == "tcp_v6_rcv+0x1")
    }

    @Test func leavesOutWhatIsInNoFunction() {
        #expect(place(0xffff_ffff_8000_0000) == nil)
        #expect(place(0xffff_ffff_c0c0_0000) == nil)
    }

    @Test func findsManyAtOnce() {
        let addresses: Set<UInt64> = [
            0xffff_ffff_8100_0004, 0xffff_ffff_81a2_b301, 0xffff_ffff_81a2_b3ff, 0xffff_ffff_81a2_b4ff,
            0xffff_ffff_c090_0001, 0xffff_ffff_c0a0_0001,
        ]
        let places = KernelSymbols.places(of: addresses, parsing: Self.text)
        #expect(
            addresses.sorted().compactMap { places[$0]?.symbol } == [
                "_text", "tcp_v4_rcv", "tcp_v4_rcv", "tcp_v6_rcv", "nf_hook", "nf_conntrack_in",
            ])
    }
}
