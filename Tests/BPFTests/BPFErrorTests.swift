// SPDX-License-Identifier: Apache-2.0
import BPF
import Glibc
import Testing

@Suite struct BPFErrorTests {
    @Test func saysWhatFailedAndWhy() {
        let error = BPFError(.attach, errno: EBUSY, "attach fentry/tcp_v4_connect")
        #expect(error.description == "cannot attach fentry/tcp_v4_connect: Device or resource busy")
        #expect(error.code == .attach)
    }

    @Test func putsTheKernelsOwnWordsBelow() {
        let error = BPFError(.load, errno: EINVAL, "load BPF object connect", detail: "R1 is bad")
        #expect(
            error.description == "cannot load BPF object connect: Invalid argument\nR1 is bad")
    }

    @Test func needsNoErrno() {
        let error = BPFError(.map, "use map totals", detail: "its key has 4 bytes, not 8")
        #expect(error.description == "cannot use map totals: its key has 4 bytes, not 8")
    }

    @Test func namesTheKernelsInternalNumber() {
        let error = BPFError(.attach, errno: 524, "attach fexit/tcp_v4_syn_recv_sock")
        #expect(error.code == .notSupported)
        #expect(error.description.hasSuffix(": Not supported by this kernel"))
    }

    @Test(arguments: [
        (BPFError.Code.attach, EPERM, BPFError.Code.permission),
        (.attach, EACCES, .permission), (.load, EPERM, .permission),
        // The verifier's verdict, which is not about privileges.
        (.load, EACCES, .load),
        (.attach, EOPNOTSUPP, .notSupported), (.map, ENOSYS, .notSupported),
        (.attach, ENOENT, .notFound), (.attach, EINVAL, .attach),
    ])
    func sortsByWhatErrnoTells(step: BPFError.Code, errno: Int32, code: BPFError.Code) {
        #expect(BPFError(step, errno: errno, "try").code == code)
    }
}
