// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Testing

@testable import BPF

@Suite(.serialized) struct LibbpfLogTests {
    @Test func forwardsLines() {
        let lines = Mutex<[String]>([])
        LibbpfLog.setHandler { level, line in
            if level == .warning { lines.withLock { $0.append(line) } }
        }
        let bytes = [UInt8]("no ELF at all, whatever one may think of it".utf8)
        bytes.withUnsafeBytes { _ = try? BPFObject(bytes: $0, name: "log-fixture") }
        LibbpfLog.setHandler(nil)
        let seen = lines.withLock { $0 }
        #expect(seen.contains { $0.hasPrefix("libbpf: ") })
        #expect(seen.allSatisfy { !$0.contains("\n") })
    }
}
