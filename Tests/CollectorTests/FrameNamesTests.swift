// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Collector

@Suite struct FrameNamesTests {
    private func frame(_ symbol: String, module: String = FunctionName.kernelModule) -> FrameNames.Frame {
        FrameNames.Frame(
            function: FunctionName(symbol: symbol, module: module, isKernel: true), text: symbol)
    }

    private func without(_ frames: [FrameNames.Frame]) -> [String] {
        FrameNames.withoutTrampolines(frames).map(\.text)
    }

    @Test func aFunctionInItsTrampolineIsThereOnce() {
        let trampoline = frame("bpf_trampoline_6442", module: "bpf")
        let connect = frame("tcp_v4_connect")
        let caller = frame("__inet_stream_connect")
        #expect(
            without([frame("__inet_hash_connect"), connect, trampoline, connect, caller])
                == ["__inet_hash_connect", "tcp_v4_connect", "__inet_stream_connect"])
        // What calls itself does so without one.
        #expect(without([connect, connect, caller]).count == 3)
        // Of one that was reached by a jump the caller is another function.
        #expect(without([connect, trampoline, caller]) == ["tcp_v4_connect", "__inet_stream_connect"])
        #expect(without([]) == [])
    }

    private func ending(_ frames: [FrameNames.Frame]) -> [String] {
        FrameNames.ending(frames, in: FrameNames.searches).map(\.text)
    }

    @Test func whatIsOnTopOfATracedFunctionIsTheTracing() {
        let program = frame("bpf_prog_56b68c6551fbbf49_fentry_search", module: "bpf")
        let search = frame("__inet_hash_connect")
        let caller = frame("tcp_v4_connect")
        #expect(ending([program, search, caller]) == ["__inet_hash_connect", "tcp_v4_connect"])
    }

    /// At its entry it may have no frame of its own.
    @Test func aProgramStandsForItsFunction() {
        let search = frame("bpf_prog_56b68c6551fbbf49_fentry_search", module: "bpf")
        let bind = frame("bpf_prog_7ccc4d8aada10d9e_fentry_bind", module: "bpf")
        let trampoline = frame("bpf_trampoline_6442", module: "bpf")
        #expect(
            ending([search, trampoline, frame("tcp_v4_connect")])
                == ["__inet_hash_connect_[k]", "tcp_v4_connect"])
        #expect(ending([bind, frame("__inet_bind")]) == ["inet_csk_get_port_[k]", "__inet_bind"])
        // Of a program that is not ours nothing is known.
        let other = frame("bpf_prog_1_other", module: "bpf")
        #expect(ending([other, frame("tcp_v4_connect")]) == ["bpf_prog_1_other", "tcp_v4_connect"])
    }
}
