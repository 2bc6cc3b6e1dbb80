// SPDX-License-Identifier: Apache-2.0
import Model
import Seeded
import Stacks
import Testing

@testable import tcpwhy

@Suite struct FoldedProfileTests {
    private func folded(_ stacks: [NamedStack]) throws -> String {
        var bytes: [UInt8] = []
        FoldedProfile.counts(stacks).writeFolded { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func stack(_ command: String, _ frames: [String], _ count: UInt64, pid: UInt32 = 1) -> NamedStack
    {
        NamedStack(owner: .init(pid: pid, command: command), frames: frames, count: count)
    }

    @Test func processesOfOneNameAreOne() throws {
        #expect(
            try folded([stack("nginx", ["main", "f_[k]"], 3), stack("nginx", ["main", "f_[k]"], 4, pid: 2)])
                == "nginx;main;f_[k] 7\n")
    }

    @Test func whatWouldEndAFrameOrALineDoesNot() throws {
        #expect(
            try folded([stack("my app;x", ["a;b", "c\nd", "operator new"], 1)])
                == "my_app:x;a:b;c\u{FFFD}d;operator new 1\n")
    }

    @Test func linesAreInTheOrderOfTheirBytes() throws {
        #expect(
            try folded([stack("b", [], 1), stack("a", ["z"], 2), stack("a", ["y"], 3)])
                == "a;y 3\na;z 2\nb 1\n")
    }

    @Test func whatIsNoProcessesBeginsWithItsFrames() throws {
        let dropped = NamedStack(owner: nil, frames: ["nf_hook_slow_[k]", "NETFILTER_DROP"], count: 7)
        #expect(try folded([dropped]) == "nf_hook_slow_[k];NETFILTER_DROP 7\n")
    }

    @Test(arguments: HostileNames.all) func whateverNamesAreALineIsAStackAndItsCount(name: String) throws {
        let line = try folded([stack(name, ["main", name], 7)])
        #expect(!line.unicodeScalars.contains(where: HostileNames.isUnfit))
        #expect(line.unicodeScalars.count { $0 == "\n" } == 1)
        #expect(line.unicodeScalars.count { $0 == ";" } == 2)
        let bytes = Array(line.utf8.dropLast())
        let folded = FoldedLine(bytes.span.bytes)
        let read = try #require(folded)
        #expect(read.count == StackCount(7) && read.second == nil)
        // One space, and that is the count's.
        let stack = String(decoding: bytes[read.stack], as: UTF8.self)
        #expect(line == stack + " 7\n" && !stack.hasSuffix(" "))
    }

    @Test func framesThatEndInANumberKeepIt() throws {
        #expect(try folded([stack("a", ["f 12"], 7)]) == "a;f_12 7\n")
        #expect(try folded([stack("a", ["f ", "operator new"], 7)]) == "a;f ;operator new 7\n")
    }

    @Test func nothingIsNoLine() throws { #expect(try folded([]) == "") }
}
