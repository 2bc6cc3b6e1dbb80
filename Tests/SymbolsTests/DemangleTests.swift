// SPDX-License-Identifier: Apache-2.0
import Glibc
import Model
import Seeded
import Testing

@testable import Symbols

@Suite struct DemangleTests {
    @Test(arguments: [
        ("main", "main"), ("_start", "_start"), ("_Z", "_Z"), ("_Zonk", "_Zonk"), ("", ""),
        ("_ZN5nginx6Server6acceptEiPKc", "nginx::Server::accept(int, char const*)"),
        ("_ZNSt6vectorIiSaIiEE9push_backEOi", "std::vector<int, std::allocator<int> >::push_back(int&&)"),
        ("_ZN3foo3barEv.cold", "foo::bar() [clone .cold]"),
        ("_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write"),
        (
            "_ZN70_$LT$alloc..vec..Vec$LT$T$C$A$GT$$u20$as$u20$core..ops..drop..Drop$GT$4drop"
                + "17h0123456789abcdefE.llvm.123", "<alloc::vec::Vec<T,A> as core::ops::drop::Drop>::drop"
        ),
        ("_ZN4core3fmt5write17h0123456789abcdefE.cold", "core::fmt::write [clone .cold]"),
        (
            "_ZN4core3ptr52drop_in_place$LT$$u5b$alloc..string..String$u5d$$GT$17h0123456789abcdefE",
            "core::ptr::drop_in_place<[alloc::string::String]>"
        ),
        (
            "_ZN3std2rt10lang_start28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE",
            "std::rt::lang_start::{{closure}}"
        ),
        ("$s4main5helloyyF", "main.hello() -> ()"),
        ("$sSa6appendyyxnF", "Swift.Array.append(__owned A) -> ()"),
        ("$s", "$s"), ("$s4nothing", "$s4nothing"),
    ])
    func givesTheNamesThatPeopleWrote(symbol: String, name: String) {
        #expect(Demangler().name(symbol) == name)
    }

    /// Without hashes. What link-time optimisation puts behind a name says nothing.
    @Test(arguments: [
        ("_RNvC6_123foo3bar", "123foo::bar"), ("_RNvCsL39EUhRVRM_5tests4main", "tests::main"),
        ("_RNvMCsL39EUhRVRM_5testsNtB2_10TestStruct8method_1", "<tests::TestStruct>::method_1"),
        ("_RNCNCNgCs6DXkGYLi8lr_2cc5spawn00B5_", "cc::spawn::{closure#0}::{closure#0}"),
        (
            "_RNCINkXs25_NgCsbmNqQUJIY6D_4core5sliceINyB9_4IterhENuNgNoBb_4iter8iterator8Iterator9rposition"
                + "NCNgNpB9_6memchr7memrchrs_0E0Bb_",
            "<core::slice::Iter<u8> as core::iter::iterator::Iterator>::rposition"
                + "::<core::slice::memchr::memrchr::{closure#1}>::{closure#0}"
        ),
        (
            "_RINbNbCskIICzLVDPPb_5alloc5alloc8box_freeDINbNiB4_5boxed5FnBoxuEp6OutputuEL_ECs1iopQbuBiw2_3std",
            "alloc::alloc::box_free::<dyn alloc::boxed::FnBox<(), Output = ()>>"
        ),
        ("_RMs_Csno73SFvQKx_1cINtB2_6SignedKsn98_E", "<c::Signed<-152>>"),
        (
            "_RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y",
            "utf8_idents::საჭმელად_გემრიელი_სადილი"
        ),
        (
            "_RNCINvNtCsekVQb2M45Qb_3std2rt10lang_startuE0CsL39EUhRVRM_5tests.llvm.3070730145566890858",
            "std::rt::lang_start::<()>::{closure#0}"
        ),
        ("_RNvC6_123foo3bar.llvm.9D1C9369@@16", "123foo::bar"),
        ("_RNvC6_123foo3bar.cold", "123foo::bar [clone .cold]"),
        ("_RNvC6_123foo3bar.llvm.123.cold", "123foo::bar [clone .cold]"),
        ("_R", "_R"), ("_Read", "_Read"), ("_RAND_init", "_RAND_init"),
        ("_RNvC6_123foo3ba", "_RNvC6_123foo3ba"),
    ])
    func givesTheNamesOfRust(symbol: String, name: String) {
        #expect(Demangler().name(symbol) == name)
    }

    /// Nested deeper than any stack is, or without a beginning.
    @Test(arguments: ["_RYFG", "_RMC0T", "_RMC0RL_", "_RIC0p", "_RNvC1aB0_"])
    func leavesRustWithoutSenseAlone(start: String) {
        let names = [
            start + String(repeating: String(start.suffix(1)), count: 8000),
            String(repeating: start, count: 8000 / start.utf8.count),
        ]
        let demangler = Demangler()
        for name in names { #expect(demangler.name(name) == name) }
        #expect(demangler.name("_RNvC6_123foo3bar") == "123foo::bar")
    }

    /// Each part names the one before it twice: 2^90 times the first.
    @Test func leavesNamesWithoutEndAlone() {
        var bomb = "_Z1fSt4pairIS_IiiES0_E"
        for index in 1..<35 {
            let digit = String(index - 1, radix: 36, uppercase: true)
            bomb += "S_IS\(digit)_S\(digit)_E"
        }
        #expect(Demangler().name(bomb) == bomb)
        // Each of these tuples is eight of the one before.
        var rust = "INvC1a1bTuuE"
        var previous = 8
        for _ in 0..<40 {
            let position = rust.utf8.count
            rust += "T" + String(repeating: "B\(rustNumber(previous))", count: 8) + "E"
            previous = position
        }
        #expect(Demangler().name("_R\(rust)E") == "_R\(rust)E")
        var swift = "$s4main1fyySi_Sit"
        for _ in 0..<60 { swift += "_AAt" }
        #expect(Demangler().name(swift + "F").utf8.count < 100_000)
    }

    /// "_" is 0, "0_" 1.
    private func rustNumber(_ value: Int) -> String {
        let digits = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        var rest = value - 1
        var text = "_"
        repeat {
            text.insert(digits[rest % 62], at: text.startIndex)
            rest /= 62
        } while rest > 0
        return text
    }

    /// Each has ended a demangler, or kept it busy for hours.
    @Test(arguments: [
        "$s20FoundatienEssentials20PredicateExpressionsO21SequenceContainsWhereVy_xq_GSeAASeRzSERzSeRV_SER_rlMc",
        "_ZN4llvm17make_filter_rangeIRKNS_11SmallVectorIPKNS_13IntrinsicInstELj64EEESt8functionIFbS4_EEEENS_"
            + "14iterator_rangeINS_20filter_iterator_implI" + String(repeating: "DTclsr3", count: 60)
            + "stdE5beginclsr3stdE7declvalIRT_EEEET0_NS_6detail15fwd_or_bidi_tagISF_E4typeEEEEEOSD_SG_",
    ])
    func goesOnAfterAnEvilName(symbol: String) {
        let demangler = Demangler()
        #expect(!demangler.name(symbol).isEmpty)
        #expect(demangler.name("_ZN3foo3barEv") == "foo::bar()")
    }

    @Test func startsItsHelperAgain() throws {
        let demangler = Demangler()
        #expect(demangler.name("main") == "main" && demangler.helperPID == nil)
        for _ in 0..<2 {
            #expect(demangler.name("_ZN3foo3barEv") == "foo::bar()")
            kill(try #require(demangler.helperPID), SIGKILL)
            #expect(demangler.name("_ZN3foo3bazEv") == "_ZN3foo3bazEv")
        }
        #expect(demangler.helperPID == nil)
    }

    @Test func leavesNoProcessBehind() throws {
        var demangler: Demangler? = Demangler()
        _ = demangler?.name("_ZN3foo3barEv")
        let pid = try #require(demangler?.helperPID)
        #expect(kill(pid, 0) == 0)
        demangler = nil
        #expect(kill(pid, 0) == -1 && errno == ESRCH)
    }

    @Test(arguments: 1...4)
    func survivesAnyName(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let names = [
            "_ZNSt3mapISsSt6vectorIiSaIiEESt4lessISsESaISt4pairIKSsS2_EEEixERS6_",
            "_ZN4core3fmt5write17h0123456789abcdefE",
            "_RINbNbCskIICzLVDPPb_5alloc5alloc8box_freeDINbNiB4_5boxed5FnBoxuEp6OutputuEL_ECs1iopQbuBiw2_3std",
            "_ZZN3fooIiEEvvENKUlT_E_clIcEEDaS0_",
            "$s7SwiftUI4ViewPAAE5frame5width6height9alignmentQr12CoreGraphics7CGFloatVSg_AkA9AlignmentVtF",
            "$ss10DictionaryV20_unsafelyUnwrapping3key5valuexSg_q_tF",
            "$sSS8UTF8ViewV13_foreignIndex33_2A1B3C4D5E6F7A8B9C0D1E2F3A4B5C6DLL5afterSS0D0VAG_tF",
        ]
        let demangler = Demangler()
        for _ in 0..<3000 {
            var name = Array((names.randomElement(using: &random) ?? "").utf8)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 2..<name.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: name[place] = .random(in: 33...126, using: &random)
                case 1: name.remove(at: place)
                case 2: name.insert(contentsOf: name[place...].prefix(8), at: place)
                default: name[place] = name.randomElement(using: &random) ?? 0
                }
            }
            #expect(!Printable.frame(demangler.name(String(decoding: name, as: UTF8.self))).contains("\n"))
        }
    }

    @Test func leavesNothingThatSeparates() {
        #expect(Printable.frame("a;b\nc\u{2028}d\u{7f}") == "a:b\u{FFFD}c\u{FFFD}d\u{FFFD}")
        #expect(Printable.frame([0xff, UInt8(ascii: "a")]) == "\u{FFFD}a")
        #expect(Printable.frame("naïve") == "naïve")
    }
}
