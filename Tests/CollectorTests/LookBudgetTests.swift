// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Collector

@Suite struct LookBudgetTests {
    private static let second: UInt64 = 1_000_000_000

    /// 300 namespaces of 2.4 ms each, a report a second: the budget has room for eight at a time.
    @Test func looksTakeTheirShareAndNoMore() {
        var account = LookAccount(share: 0.02, at: 0)
        var looks = 0
        for report in 1...100 as ClosedRange<UInt64> {
            account.advance(to: report * Self.second)
            while account.isLeft {
                account.charge(2_400_000)
                looks += 1
            }
        }
        let spent = Double(looks) * 2_400_000 / (100 * Double(Self.second))
        #expect((0.019...0.0203).contains(spent))
    }

    @Test func aDearLookIsPaidOffBeforeTheNext() {
        var account = LookAccount(share: 0.02, at: 0)
        account.advance(to: Self.second)
        // A walk over 200,000 sockets.
        account.charge(Self.second / 5)
        account.advance(to: 8 * Self.second)
        #expect(!account.isLeft)
        account.advance(to: 10 * Self.second)
        #expect(account.isLeft)
    }

    @Test func nobodySavesForLong() {
        var account = LookAccount(share: 0.02, at: 0)
        account.advance(to: 3600 * Self.second)
        account.charge(LookAccount.longest / 50 + 1)
        #expect(!account.isLeft)
    }

    @Test func timeDoesNotGoBack() {
        var account = LookAccount(share: 0.02, at: Self.second)
        account.charge(Self.second / 50 + 1)
        account.advance(to: 0)
        #expect(!account.isLeft)
    }
}
