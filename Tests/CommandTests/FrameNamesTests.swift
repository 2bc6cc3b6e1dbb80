// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import tcpwhy

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
}
