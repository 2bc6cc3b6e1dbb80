// SPDX-License-Identifier: Apache-2.0
import Glibc
import Model
import Testing

@Suite struct ErrorNameTests {
    @Test func namesWhatConnectReturns() {
        #expect(ErrorName.name(EADDRNOTAVAIL) == "EADDRNOTAVAIL")
        #expect(ErrorName.name(ENETUNREACH) == "ENETUNREACH")
        #expect(ErrorName.name(ECONNREFUSED) == "ECONNREFUSED")
        #expect(ErrorName.name(ETIMEDOUT) == "ETIMEDOUT")
        #expect(ErrorName.name(EPERM) == "EPERM")
        #expect(ErrorName.name(EHWPOISON) == "EHWPOISON")
    }

    @Test func numbersWithoutANameStayNumbers() {
        #expect(ErrorName.name(200) == "errno 200")
        #expect(ErrorName.name(41) == "errno 41")
        #expect(ErrorName.name(134) == "errno 134")
        #expect(ErrorName.name(-1) == "errno -1")
        #expect(ErrorName.name(0) == "other")
    }

    @Test func everyNumberThatLinuxUsesHasAName() {
        for number: Int32 in 1...133 where number != 41 && number != 58 {
            #expect(ErrorName.name(number).hasPrefix("E"))
        }
    }
}
