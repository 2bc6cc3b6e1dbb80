// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Host

@Suite struct KernelFunctionsTests {
    private static let text = """
        ffffffff81000000 T first
        ffffffff81000100 t second
        ffffffff81000180 d not_code
        ffffffff81000200 T third
        ffffffffc0a00000 t late\t[one]
        ffffffffc0900000 t early\t[two]

        """
    private static let bounds: [UInt64] = [
        0xffff_ffff_8100_0000, 0xffff_ffff_8100_0100, 0xffff_ffff_8100_0200, 0xffff_ffff_c090_0000,
        0xffff_ffff_c0a0_0000,
    ]

    /// Asks, and says whether the table was read for it.
    private static func ask(
        _ functions: inout KernelFunctions, _ addresses: Set<UInt64>, in table: String = text
    ) throws -> (places: [UInt64: KernelPlace], isRead: Bool) {
        var isRead = false
        let places = try functions.places(of: addresses) {
            isRead = true
            return KernelTable(parsing: table)
        }
        return (places, isRead)
    }

    @Test func sayWhatTheTableSays() throws {
        var functions = KernelFunctions()
        for round in 0..<0x300 as Range<UInt64> {
            let addresses = Set(Self.bounds.map { $0 &- 0x80 &+ round * 7 % 0x400 })
            let places = try Self.ask(&functions, addresses).places
            #expect(places == KernelSymbols.places(of: addresses, parsing: Self.text))
        }
    }

    @Test func whatStaysIsNotReadAgain() throws {
        var functions = KernelFunctions()
        let start = Self.bounds[1]
        #expect(try !Self.ask(&functions, []).isRead)
        #expect(try Self.ask(&functions, [start + 0x10]).isRead)
        #expect(try !Self.ask(&functions, [start, start + 0x10, start - 1]).isRead)
        // Behind the last function of the kernel, and of a module, something may have been loaded.
        #expect(try Self.ask(&functions, [Self.bounds[2] + 0x10]).isRead)
        #expect(try Self.ask(&functions, [start, Self.bounds[4] + 0x10]).isRead)
    }

    @Test func whatWasLoadedSinceHasItsName() throws {
        var functions = KernelFunctions()
        _ = try Self.ask(&functions, [Self.bounds[3]])
        let address = Self.bounds[3] + 0x1_0010
        let later = Self.text + "ffffffffc0910000 t prog\t[bpf]\nffffffffc0911000 t next\t[bpf]\n"
        #expect(try Self.ask(&functions, [address], in: later).places[address]?.symbol == "prog")
        // Another one may be in its place now.
        #expect(try Self.ask(&functions, [address], in: later).isRead)
    }

    @Test func hiddenAddressesStayHidden() throws {
        var functions = KernelFunctions()
        let hidden = "0000000000000000 T first\n0000000000000000 t second\n"
        #expect(try Self.ask(&functions, Set(Self.bounds), in: hidden).places.isEmpty)
        #expect(try !Self.ask(&functions, Set(Self.bounds), in: hidden).isRead)
    }
}
