// SPDX-License-Identifier: Apache-2.0
import Host
import Testing

@Suite struct NamespaceNameTests {
    @Test(
        arguments: [
            ("4026531840", .inode(4_026_531_840)), ("net:[4026531840]", .inode(4_026_531_840)),
            ("pid:1", .process(1)), ("/run/netns/blue", .path("/run/netns/blue")),
            ("./here", .path("./here")), ("blue", .name("blue")), ("blue-2", .name("blue-2")),
        ] as [(String, NetworkNamespace.Name)])
    func readsEveryForm(text: String, name: NetworkNamespace.Name) {
        #expect(NetworkNamespace.Name(parsing: text) == name)
    }

    @Test(arguments: [
        "", ".", "..", "0", "99999999999", "net:[x]", "net:[]", "pid:", "pid:0", "pid:-1", "pid:x",
    ])
    func refusesTheRest(text: String) {
        #expect(NetworkNamespace.Name(parsing: text) == nil)
    }
}
