// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@Suite struct AddressBlockTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.0.0.0/8", 8),
        ("10.1.2.3/8", "10.0.0.0/8", 8),
        ("127.0.0.1", "127.0.0.1", 32),
        ("0.0.0.0/0", "0.0.0.0/0", 0),
        ("::1", "::1", 128),
        ("2001:db8::/32", "2001:db8::/32", 32),
        ("2001:db8:ffff::/33", "2001:db8:8000::/33", 33),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8", 8),
        ("::ffff:10.0.0.1", "10.0.0.1", 32),
    ])
    func readsAndPrints(text: String, shown: String, prefix: Int) throws {
        let block = try AddressBlock(parsing: text)
        #expect(block.description == shown)
        #expect(block.prefixLength == prefix)
        #expect(try AddressBlock(parsing: block.description) == block)
    }

    @Test(arguments: [
        "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129", "10/8",
        "10.0.0.0/ 8", "::ffff:10.0.0.0/95", "10.0.0.0/0008", "10.0.0.0/+8",
    ])
    func refusesWhatIsNoBlock(text: String) {
        #expect(throws: AddressError.self) { try AddressBlock(parsing: text) }
    }

    @Test func saysWhatIsWrong() {
        #expect(throws: AddressError(text: "10.0.0.0/33", reason: "after '/' comes a number from 0 to 32")) {
            try AddressBlock(parsing: "10.0.0.0/33")
        }
    }

    @Test func containsWhatSharesThePrefix() throws {
        let block = try AddressBlock(parsing: "10.32.0.0/11")
        #expect(block.contains(IPAddress(10, 32, 0, 0)))
        #expect(block.contains(IPAddress(10, 63, 255, 255)))
        #expect(!block.contains(IPAddress(10, 64, 0, 0)))
        #expect(!block.contains(.ipv6Loopback))
        let everything = try AddressBlock(parsing: "::/0")
        #expect(everything.contains(.ipv6Loopback))
        #expect(!everything.contains(IPAddress(1, 2, 3, 4)))
        #expect(AddressBlock(.ipv6Loopback).contains(.ipv6Loopback))
    }

    @Test func maskHasAsManyOnesAsThePrefix() {
        for length in 0...128 {
            let block = AddressBlock(.ipv6Loopback, prefixLength: length)
            var ones = 0
            if let mask = block?.mask {
                for index in mask.indices { ones += mask[index].nonzeroBitCount }
            }
            #expect(ones == length)
        }
        #expect(AddressBlock(.ipv6Loopback, prefixLength: 129) == nil)
        #expect(AddressBlock(IPAddress(1, 2, 3, 4), prefixLength: 33) == nil)
    }
}
