// SPDX-License-Identifier: Apache-2.0
import Host
import Testing

@Suite struct SysctlTests {
    @Test(
        arguments: [
            ("32768\t60999\n", 32768...60999), ("20000 20050", 20000...20050), ("1\t1", 1...1),
            ("1024\t65535\n", 1024...65535),
        ] as [(String, ClosedRange<UInt16>)])
    func readsTheRange(text: String, range: ClosedRange<UInt16>) {
        #expect(Sysctl.portRange(parsing: text) == range)
    }

    @Test(arguments: ["", "1", "2\t1", "1\t65536", "-1\t5", "1\t2\t3", "a\tb"])
    func refusesWhatIsNoRange(text: String) {
        #expect(Sysctl.portRange(parsing: text) == nil)
    }

    @Test(
        arguments: [
            ("\n", []), ("", []), ("8080\n", [8080...8080]),
            ("8080,9148-9150,40000-40010\n", [8080...8080, 9148...9150, 40000...40010]),
        ] as [(String, [ClosedRange<UInt16>])])
    func readsReservedPorts(text: String, ranges: [ClosedRange<UInt16>]) {
        #expect(Sysctl.portRanges(parsing: text) == ranges)
    }

    @Test(arguments: ["1-", "-1", "5-4", "1-2-3", "70000", "1 2", "x"])
    func refusesWhatIsNoListOfPorts(text: String) {
        #expect(Sysctl.portRanges(parsing: text) == nil)
    }

    @Test func readsTheKernelsSettings() throws {
        let range = try Sysctl.localPortRange()
        #expect(range.lowerBound < range.upperBound)
        _ = try Sysctl.reservedPorts()
        #expect((0...2).contains(try Sysctl.integer("net.ipv4.tcp_tw_reuse")))
        #expect(try Sysctl.text("kernel.ostype") == "Linux")
    }

    @Test func saysWhichSettingIsMissing() {
        #expect {
            try Sysctl.integer("net.ipv4.no_such_setting")
        } throws: {
            "\($0)" == "cannot open /proc/sys/net/ipv4/no_such_setting: No such file or directory"
        }
        #expect {
            try Sysctl.integer("kernel.ostype")
        } throws: {
            "\($0)" == "cannot read kernel.ostype: \"Linux\" is not a number"
        }
    }
}
