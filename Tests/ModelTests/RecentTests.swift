// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@Suite struct RecentTests {
    /// A thousand keys pass, and one is asked for again and again.
    @Test func whatIsAskedForStaysAndTheRestLeaves() {
        var cache = Recent<Int, Int>(keeping: 10)
        var found = 0
        for key in 1...1000 {
            #expect(
                cache.value(
                    of: 0,
                    find: {
                        found += 1; return 7
                    }) == 7)
            #expect(cache.value(of: key, find: { key * 2 }) == key * 2)
            #expect(cache.count <= 10)
        }
        #expect(found == 1)
    }
}
