// SPDX-License-Identifier: Apache-2.0
import Glibc
import Host
import Testing

@Suite struct KernelSymbolsTests {
    private static let text = """
        0000000000000000 A fixed_percpu_data
        ffffffff81000000 T _text
        ffffffff81a2b3c4 t tcp_v4_connect
        ffffffff81a2b3c5 t tcp_v4_connect.cold
        ffffffff81a2b3c6 T tcp_v4_connect_init
        ffffffff82000000 t reuse
        ffffffff82000010 t reuse
        ffffffff83b9a000 d table_perturb
        ffffffffc0a00000 t nf_conntrack_in\t[nf_conntrack]
        """

    @Test func findsWholeNamesOnly() {
        let symbols = KernelSymbols(
            of: ["tcp_v4_connect", "table_perturb", "tcp_v4", "_text"], parsing: Self.text + "\n")
        #expect(symbols.address(of: "tcp_v4_connect") == 0xffff_ffff_81a2_b3c4)
        #expect(symbols.address(of: "table_perturb") == 0xffff_ffff_83b9_a000)
        #expect(symbols.address(of: "_text") == 0xffff_ffff_8100_0000)
        #expect(!symbols.contains("tcp_v4"))
    }

    @Test func findsThoseOfModules() {
        let symbols = KernelSymbols(of: ["nf_conntrack_in"], parsing: Self.text + "\n")
        #expect(symbols.address(of: "nf_conntrack_in") == 0xffff_ffff_c0a0_0000)
        #expect(symbols.module(of: "nf_conntrack_in") == "nf_conntrack")
        #expect(KernelSymbols(of: ["reuse"], parsing: Self.text + "\n").module(of: "reuse") == nil)
    }

    @Test func givesNoAddressWhereTwoShareAName() {
        let symbols = KernelSymbols(of: ["reuse"], parsing: Self.text)
        #expect(symbols.counts["reuse"] == 2)
        #expect(symbols.address(of: "reuse") == nil)
    }

    @Test func tellsHiddenFromMissing() {
        let hidden = "0000000000000000 T tcp_v4_connect\n"
        let symbols = KernelSymbols(of: ["tcp_v4_connect", "none"], parsing: hidden)
        #expect(symbols.contains("tcp_v4_connect"))
        #expect(symbols.address(of: "tcp_v4_connect") == nil)
        #expect(!symbols.contains("none"))
    }

    @Test(arguments: [
        "", "\n\n", "ffff", "ffff T", "ffff T \n", "zz T tcp_v4_connect\n", "tcp_v4_connect\n",
    ])
    func survivesLinesThatAreNone(text: String) {
        #expect(
            !KernelSymbols(of: ["tcp_v4_connect", ""], parsing: text).contains("tcp_v4_connect"))
    }

    @Test func readsTheRunningKernel() throws {
        let symbols = try KernelSymbols(of: ["tcp_v4_connect", "vfs_read", "no_such_symbol_here"])
        #expect(symbols.counts == ["tcp_v4_connect": 1, "vfs_read": 1])
        if geteuid() == 0 { #expect(symbols.address(of: "vfs_read") != nil) }
    }
}
