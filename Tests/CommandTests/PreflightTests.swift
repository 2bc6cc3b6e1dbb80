// SPDX-License-Identifier: Apache-2.0
import Host
import Testing

@testable import tcpwhy

/// Where nothing can be traced, one message says why and what to do.
@Suite struct PreflightTests {
    private let good = Preflight(
        kernel: KernelRelease(release: "6.12.1", machine: "x86_64"), missingCapabilities: [],
        lockdown: .none)

    private let noTypes = "this kernel has no type information"

    @Test func nothingIsInTheWay() {
        #expect(good.obstacle == nil)
        var unknown = good
        unknown.missingCapabilities = nil
        unknown.lockdown = .unknown
        #expect(unknown.obstacle == nil)
    }

    @Test func anOldKernelIsNamed() {
        var old = good
        old.kernel = KernelRelease(release: "5.7.19-amd64", machine: "x86_64")
        #expect(old.obstacle?.contains("5.7.19-amd64 is too old") == true)
        old.kernel = KernelRelease(release: "5.8.0", machine: "x86_64")
        #expect(old.obstacle == nil)
    }

    @Test func missingTypeInformationIsNamed() {
        var plain = good
        plain.typesObstacle = noTypes
        #expect(plain.obstacle == noTypes)
    }

    @Test func missingCapabilitiesAreNamed() {
        var weak = good
        weak.missingCapabilities = [.perfmon]
        #expect(weak.obstacle?.contains("CAP_PERFMON") == true)
        #expect(weak.obstacle?.contains("CAP_BPF") == false)
        #expect(weak.obstacle?.contains("sudo") == true)
    }

    /// Its root has every capability, and none that counts.
    @Test func aUserNamespaceIsNamed() {
        var inside = good
        inside.isInUserNamespace = true
        #expect(inside.obstacle?.contains("in a user namespace") == true)
        #expect(inside.obstacle?.contains("on the host") == true)
    }

    @Test func aMachineThatCannotBeReadIsNoOtherMachine() {
        var unread = good
        unread.machineObstacle = "cannot count the CPUs that this machine could have"
        #expect(unread.obstacle == unread.machineObstacle)
    }

    @Test func lockdownIsNamed() {
        var locked = good
        locked.lockdown = .confidentiality
        #expect(locked.obstacle?.contains("confidentiality") == true)
        locked.lockdown = .integrity
        #expect(locked.obstacle == nil)
    }

    @Test func itIsTheExitCodeForCannotTrace() {
        var plain = good
        plain.typesObstacle = noTypes
        let failure = #expect(throws: Failure.self) { try plain.requireTracing() }
        #expect(failure?.code == 77)
    }
}
