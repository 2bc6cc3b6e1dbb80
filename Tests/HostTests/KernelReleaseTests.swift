// SPDX-License-Identifier: Apache-2.0
import Host
import Testing

@Suite struct KernelReleaseTests {
    @Test(arguments: [
        ("6.1.0-28-cloud-amd64", 6, 1), ("6.12.111+deb12-cloud-amd64", 6, 12), ("7.2-rc1", 7, 2),
        ("5.10", 5, 10), ("7", 7, 0), ("", 0, 0), ("next", 0, 0),
    ])
    func readsTheNumbers(release: String, major: Int, minor: Int) {
        let version = KernelRelease(release: release, machine: "x86_64").version
        #expect(version.major == major)
        #expect(version.minor == minor)
    }

    @Test func knowsTheRunningOne() {
        let kernel = KernelRelease.current()
        #expect(kernel.version.major >= 4)
        #expect(!kernel.machine.isEmpty)
        #expect(kernel.description == "\(kernel.release) (\(kernel.machine))")
    }
}

@Suite struct LockdownTests {
    @Test(arguments: [
        ("[none] integrity confidentiality\n", Lockdown.none),
        ("none [integrity] confidentiality\n", .integrity),
        ("none integrity [confidentiality]\n", .confidentiality), ("", .unknown),
        ("none", .unknown),
        ("[strict]", .unknown),
    ])
    func readsTheChosenWord(text: String, expected: Lockdown) {
        #expect(Lockdown(parsing: text) == expected)
    }
}
