// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Host

@Suite struct CapabilitiesTests {
    private static let status = """
        Name:\ttcpwhy
        CapInh:\tffffffffffffffff
        CapPrm:\t000001fffeffffff
        CapEff:\t000000c000001000
        CapBnd:\t000001fffeffffff

        """

    @Test func readsTheEffectiveSet() throws {
        let capabilities = try #require(Capabilities(status: Self.status))
        #expect(capabilities.bits == 0xc0_0000_1000)
        #expect(capabilities.missing() == [.dacReadSearch, .sysPtrace, .sysAdmin, .syslog])
        #expect(capabilities.missing(of: [.bpf, .perfmon, .netAdmin]).isEmpty)
    }

    @Test func letsTheOldOneIncludeTheNew() {
        let capabilities = Capabilities(bits: 1 << 21)
        #expect(capabilities.has(.bpf))
        #expect(capabilities.has(.perfmon))
        #expect(!capabilities.has(.netAdmin))
    }

    @Test func namesThemAsTheManualDoes() {
        let names = Capabilities(bits: 0).missing().map(\.description)
        #expect(
            names == [
                "CAP_DAC_READ_SEARCH", "CAP_NET_ADMIN", "CAP_SYS_PTRACE", "CAP_SYS_ADMIN", "CAP_SYSLOG",
                "CAP_PERFMON", "CAP_BPF",
            ])
    }

    @Test(arguments: ["", "CapEff:\n", "CapEff:\txyz\n", "CapPrm:\t0000000000000001\n"])
    func refusesWhatIsNoStatus(text: String) {
        #expect(Capabilities(status: text) == nil)
    }

    @Test func readsThisProcess() throws {
        _ = try Capabilities.effective()
    }

    @Test func readsTheSetThatIsAskedFor() throws {
        let permitted = try #require(Capabilities(status: Self.status, set: .permitted))
        #expect(permitted.bits == 0x1ff_feff_ffff)
    }

    @Test func areMadeOfNames() {
        #expect(Capabilities([.bpf, .netAdmin]).bits == 1 << 39 | 1 << 12)
    }

    /// It tells what works without any, and takes none from anybody else.
    @Test func areGivenUpByOneThread() throws {
        let before = try Capabilities.effective()
        let inside = try Capabilities.withNone { try Capabilities.effective() }
        #expect(inside.bits == 0)
        #expect(try Capabilities.effective() == before)
    }
}
