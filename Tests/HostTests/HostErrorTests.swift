// SPDX-License-Identifier: Apache-2.0
import Glibc
import Host
import Testing

@Suite struct HostErrorTests {
    @Test func saysWhatFailedAndWhyInOneLine() {
        #expect(
            HostError(errno: ENOENT, "open /proc/1/ns/net").description
                == "cannot open /proc/1/ns/net: No such file or directory")
        #expect(
            HostError("enter /etc", detail: "it is not a network namespace").description
                == "cannot enter /etc: it is not a network namespace")
    }

    @Test func pathsAndFilesMakeNoLinesOfTheirOwn() {
        #expect(
            HostError("read a\n\u{1B}[2Jb", detail: "\"x\ny\" is not a number").description
                == "cannot read a\u{FFFD}\u{FFFD}[2Jb: \"x\u{FFFD}y\" is not a number")
    }
}
