// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Host

struct LoadedModulesTests {
    private let text = """
        nf_conntrack 208896 2 nf_nat,xt_conntrack, Live 0xffffffffc0a3f000
        veth 45056 0 - Live 0xffffffffc0412000 (E)

        """

    @Test func keepsNameSizeAndAddress() {
        #expect(
            LoadedModules.parse(text) == [
                "nf_conntrack 208896 0xffffffffc0a3f000", "veth 45056 0xffffffffc0412000",
            ])
    }

    @Test func useOfAModuleChangesNothing() {
        let used = text.replacing("veth 45056 0 -", with: "veth 45056 3 bpf_one,")
        #expect(LoadedModules.parse(used) == LoadedModules.parse(text))
    }

    @Test func anotherAddressIsAChange() {
        let moved = text.replacing("0xffffffffc0412000", with: "0xffffffffc0512000")
        #expect(LoadedModules.parse(moved) != LoadedModules.parse(text))
    }
}
