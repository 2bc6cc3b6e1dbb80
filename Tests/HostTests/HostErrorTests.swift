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
}
