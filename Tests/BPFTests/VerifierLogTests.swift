// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import BPF

@Suite struct VerifierLogTests {
    /// As libbpf 1.1 prints a refusal, message by message.
    private static let refusal = [
        "libbpf: prog 'careless': BPF program load failed: Permission denied\n",
        """
        libbpf: prog 'careless': -- BEGIN PROG LOAD LOG --
        0: R1=ctx(off=0,imm=0) R10=fp0
        ; return *(volatile int *)context[0];
        0: (79) r1 = *(u64 *)(r1 +0)
        1: (61) r0 = *(u32 *)(r1 +0)
        R1 invalid mem access 'scalar'
        processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
        -- END PROG LOAD LOG --

        """,
        "libbpf: prog 'careless': failed to load: -13\n",
        "libbpf: failed to load object 'fixture'\n",
    ]

    @Test func keepsTheVerifiersLastLines() {
        #expect(
            VerifierLog.tail(of: Self.refusal, limit: 2)
                == "1: (61) r0 = *(u32 *)(r1 +0)\nR1 invalid mem access 'scalar'")
    }

    @Test func leavesOutFramesAndStatistics() {
        let tail = VerifierLog.tail(of: Self.refusal, limit: 100)
        #expect(tail?.contains("processed") == false)
        #expect(tail?.contains("LOAD LOG") == false)
        #expect(tail?.contains("failed to load") == false)
        #expect(tail?.hasPrefix("0: R1=ctx") == true)
    }

    @Test func givesLibbpfsOwnWordsWhereTheVerifierSaidNothing() {
        let warnings = [
            "libbpf: prog 'x': failed to find kernel BTF type ID of 'nope': -3\n",
            "libbpf: prog 'x': failed to load: -3\n", "libbpf: failed to load object 'fixture'\n",
        ]
        #expect(
            VerifierLog.tail(of: warnings)
                == "prog 'x': failed to find kernel BTF type ID of 'nope': -3")
    }

    @Test func namesTheProgram() {
        #expect(VerifierLog.refusedProgram(in: Self.refusal) == "careless")
        #expect(VerifierLog.refusedProgram(in: ["libbpf: failed to load object 'x'"]) == nil)
    }

    @Test func isNothingWithoutWarnings() {
        #expect(VerifierLog.tail(of: []) == nil)
        #expect(VerifierLog.tail(of: ["libbpf: failed to load object 'x'\n"]) == nil)
    }
}
