// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@Suite struct NearNamesTests {
    private let names = [
        "NO_SOCKET", "SOCKET_FILTER", "SOCKET_BACKLOG", "TCP_RESET", "NETFILTER_DROP", "NOMEM",
    ]

    @Test func lettersThatWereMixedUp() {
        #expect(NearNames.of("no_sokcet", among: names).first == "NO_SOCKET")
        #expect(NearNames.of("TCP_REST", among: names) == ["TCP_RESET"])
    }

    @Test func partsOfNames() {
        #expect(NearNames.of("NETFILTER", among: names) == ["NETFILTER_DROP"])
        #expect(NearNames.of("SOCKET", among: names).count == 3)
        #expect(NearNames.of("SOCKET", among: names, limit: 2).count == 2)
    }

    @Test(arguments: ["", "x", "ÄÖ", "something else altogether"])
    func nothingNear(text: String) {
        #expect(NearNames.of(text, among: names).isEmpty)
    }
}
