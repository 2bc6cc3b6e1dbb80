// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import BPF

@Suite struct PossibleCPUsTests {
    @Test func countsWhatTheKernelWrote() throws {
        #expect(try PossibleCPUs.count(written: [0, 0, 0, .max, .max]) == 3)
    }

    /// A number that is too small has the kernel write over memory: none is better.
    @Test(arguments: [[], [.max, .max], [0, 0], [0, 1, .max], [0, .max, 0, .max]] as [[UInt64]])
    func takesNoNumberFromWhatMakesNoSense(values: [UInt64]) {
        #expect(throws: BPFError.self) { try PossibleCPUs.count(written: values) }
    }

    @Test(.enabled(if: geteuid() == 0, "needs root"))
    func isAsManyAsTheKernelSays() throws {
        let text = String(decoding: try readFile("/sys/devices/system/cpu/possible"), as: UTF8.self)
        let last = text.split { !$0.isNumber }.last.flatMap { Int($0) }
        #expect(try PossibleCPUs.count() == #require(last) + 1)
    }

    @Test func thePageSizeIsOne() throws {
        #expect(try PageSize.bytes() == Int(getpagesize()))
    }
}
