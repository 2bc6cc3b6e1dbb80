// SPDX-License-Identifier: Apache-2.0
import Model
import Seeded
import Testing

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"),
        ("255.255.255.255", "255.255.255.255"),
        ("0.0.0.0", "0.0.0.0"),
        ("::", "::"),
        ("::1", "::1"),
        ("1::", "1::"),
        ("2001:DB8::A", "2001:db8::a"),
        ("2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:c000:0201", "192.0.2.1"),
        ("::192.0.2.1", "::c000:201"),
    ])
    func readsAndPrints(text: String, shown: String) throws {
        #expect(try IPAddress(parsing: text).description == shown)
    }

    @Test(arguments: [
        "", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.-1", "01.2.3.4", "1.2.3.4 ", "1..2.3",
        "1.2.3.", "a.b.c.d", "1.2.3.0x4", "99999999999999999999.1.1.1", "localhost", ":", ":::", "::1::",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "12345::",
        "g::", "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", "fe80::1%eth0", "1.2.3.4::", "::1.2.3",
        "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "::+1", "[::1]", "::1/64", "１.2.3.4", "1:::2",
    ])
    func refusesWhatIsNoAddress(text: String) {
        #expect(throws: AddressError.self) { try IPAddress(parsing: text) }
        #expect(IPAddress(text) == nil)
    }

    @Test func saysWhatIsWrong() {
        func reason(_ text: String) -> String? {
            do throws(AddressError) {
                _ = try IPAddress(parsing: text)
                return nil
            } catch {
                return error.description
            }
        }
        #expect(reason("1.2.3.256") == "'1.2.3.256' is not an address: '256' is above 255")
        #expect(reason("1.2.3") == "'1.2.3' is not an address: IPv4 has four numbers, this has 3")
        #expect(reason("1::2::3") == "'1::2::3' is not an address: '::' may occur only once")
        #expect(reason("") == "'' is not an address: it is empty")
    }

    @Test func printingAndReadingIsIdentity() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<3000 {
            let isIPv4 = Bool.random(using: &random)
            var bytes = InlineArray<16, UInt8>(repeating: 0)
            for index in 0..<(isIPv4 ? 4 : 16) where Bool.random(using: &random) {
                bytes[index] = UInt8.random(in: 0...255, using: &random)
            }
            let address = IPAddress(family: isIPv4 ? .ipv4 : .ipv6, bytes: bytes)
            #expect(try IPAddress(parsing: address.description) == address.unmapped)
        }
    }

    @Test func mappedAddressPrintsAsSuchAndReadsAsIPv4() throws {
        var bytes = InlineArray<16, UInt8>(repeating: 0)
        bytes[10] = 255
        bytes[11] = 255
        bytes[12] = 10
        bytes[15] = 1
        let mapped = IPAddress(family: .ipv6, bytes: bytes)
        #expect(mapped.description == "::ffff:10.0.0.1")
        #expect(mapped.unmapped == IPAddress(10, 0, 0, 1))
    }

    @Test func knowsLoopback() {
        #expect(IPAddress(127, 8, 9, 1).isLoopback)
        #expect(IPAddress.ipv6Loopback.isLoopback)
        #expect(IPAddress("::1") == .ipv6Loopback)
        #expect(!IPAddress(128, 0, 0, 1).isLoopback)
        #expect(IPAddress("::2")?.isLoopback == false)
    }

    @Test func sortsByFamilyThenNumber() {
        let texts = ["2001:db8::1", "10.0.0.2", "::1", "9.255.0.0", "10.0.0.10"]
        let sorted = texts.compactMap { IPAddress($0) }.sorted().map(\.description)
        #expect(sorted == ["9.255.0.0", "10.0.0.2", "10.0.0.10", "::1", "2001:db8::1"])
    }
}
