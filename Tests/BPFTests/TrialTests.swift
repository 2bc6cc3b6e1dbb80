// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import BPF

@Suite(
    .enabled(if: KernelUnderTest.isRoot, "needs root"),
    .enabled(if: KernelUnderTest.hasTypes, "needs a kernel with BTF"))
struct TrialTests {
    @Test func attachesToRawTracepoints() {
        #expect(Trial.rawTracepoint("inet_sock_set_state") == nil)
    }

    @Test func attachesToTypedTracepoints() throws {
        #expect(try Trial.btfTracepoint("inet_sock_set_state", btf: BTF.vmlinux()) == nil)
    }

    @Test func iteratesSockets() throws {
        #expect(try Trial.iterator("tcp", btf: BTF.vmlinux()) == nil)
    }

    @Test func makesRingBuffers() {
        #expect(Trial.ringBuffer() == nil)
    }

    @Test func saysWhatThisKernelDoesNotHave() throws {
        let btf = try BTF.vmlinux()
        for refusal in [
            Trial.rawTracepoint("no_such_tracepoint"),
            Trial.btfTracepoint("no_such_tracepoint", btf: btf),
            Trial.trampoline(function: "no_such_function", exit: false, btf: btf),
            Trial.iterator("no_such_iterator", btf: btf),
        ] {
            #expect(refusal?.code == .notFound)
            #expect(refusal?.description.contains("no_such_") == true)
        }
        #expect(Trial.tracepoint(id: 1 << 40) != nil)
    }

    /// Where trampolines are refused, both kinds are, and the reason is a privilege or the lack of support.
    @Test func agreesOnTrampolines() throws {
        let btf = try BTF.vmlinux()
        let entry = Trial.trampoline(function: "tcp_v4_connect", exit: false, btf: btf)
        let exit = Trial.trampoline(function: "tcp_v4_connect", exit: true, btf: btf)
        #expect(entry?.code == exit?.code)
        if let entry { #expect([.permission, .notSupported].contains(entry.code)) }
    }

    @Test(.enabled(if: !KernelUnderTest.hasKprobes, "needs a kernel without kprobes"))
    func saysThatThereAreNoKprobes() {
        let refusal = Trial.kprobe(function: "tcp_v4_connect", isReturn: false)
        #expect(refusal?.code == .notSupported)
        #expect(
            refusal?.description
                == "cannot attach kprobe/tcp_v4_connect: this kernel has no kprobes")
    }

    @Test(.enabled(if: KernelUnderTest.hasKprobes, "needs a kernel with kprobes"))
    func attachesKprobes() {
        #expect(Trial.kprobe(function: "tcp_v4_connect", isReturn: false) == nil)
        #expect(Trial.kprobe(function: "tcp_v4_connect", isReturn: true) == nil)
        #expect(Trial.kprobe(function: "no_such_function", isReturn: true)?.code == .notFound)
    }

    @Test func leavesNothingOpen() throws {
        try withPrivateDescriptors {
            let before = openDescriptors()
            let btf = try BTF.vmlinux()
            _ = Trial.rawTracepoint("inet_sock_set_state")
            _ = Trial.btfTracepoint("inet_sock_set_state", btf: btf)
            _ = Trial.trampoline(function: "tcp_v4_connect", exit: false, btf: btf)
            _ = Trial.kprobe(function: "tcp_v4_connect", isReturn: false)
            _ = Trial.iterator("tcp", btf: btf)
            _ = Trial.ringBuffer()
            #expect(openDescriptors() == before)
        }
    }
}
