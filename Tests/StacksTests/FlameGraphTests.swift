// SPDX-License-Identifier: Apache-2.0
import Foundation
import Seeded
import Testing

@testable import Stacks

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite struct FlameGraphTests {
    private static let sample = FlameSample.stacks([
        "nginx;main;write;tcp_sendmsg_[k]": 60, "nginx;main;memcpy_[i]": 1, "nginx;main;render_[j]": 20,
        "nginx;main": 14, "swapper;[unknown]": 5,
    ])

    @Test("the picture is as it was")
    func golden() throws {
        let svg = FlameSample.svg(Self.sample) { $0.subtitle = "99 Hz" }
        let drawn = svg.replacing(/<script>(?s:.*)<\/script>/, with: "<script></script>")
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "flame.svg")
        let known = try? String(contentsOf: file, encoding: .utf8)
        // Look at a new one before it is committed.
        if known == nil { try drawn.write(to: file, atomically: true, encoding: .utf8) }
        #expect(
            known == drawn, "if that is wanted: remove \(file.lastPathComponent), test twice, and look at it")
    }

    @Test("the script is a part of it, and ends no section")
    func script() {
        let svg = FlameSample.svg(Self.sample)
        #expect(svg.contains("<script><![CDATA["))
        #expect(svg.split(separator: "]]>").count == 2)
    }

    @Test("whatever names, titles and counts are called, it is XML")
    func wellFormed() throws {
        let nasty = "<&>\"' ]]> \u{1b}[31m\u{0}\u{fffe}\u{202e}é日本"
        var stacks = FlameSample.stacks([nasty + ";" + nasty: 3, "a": 1])
        stacks.add(StackCount(2), to: ([0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80] as [UInt8]).span.bytes)
        let svg = FlameSample.svg(stacks) {
            $0.title = nasty
            $0.subtitle = nasty
            $0.countName = nasty
            $0.nameType = nasty
        }
        #expect(isXML(svg))
        #expect(svg.contains("\u{fffd}[31m\u{fffd}\u{fffd}"))
        #expect(!svg.unicodeScalars.contains("\u{1b}"))
        #expect(isXML(FlameSample.svg(FlameSample.difference([nasty: (1, 2)]))))
        #expect(isXML(FlameSample.svg(FlameSample.random(500, seed: 3)) { $0.isInverted = true }))
    }

    @Test(
        "names that turn text around, or that terminals obey, are no part of it", arguments: HostileNames.all)
    func hostile(name: String) {
        let frame = name.replacing(";", with: ":")
        let svg = FlameSample.svg(FlameSample.stacks(["\(frame);\(frame)": 3])) {
            $0.title = name
            $0.subtitle = name
        }
        #expect(isXML(svg))
        #expect(!svg.unicodeScalars.contains(where: HostileNames.isUnfit))
    }

    @Test("without stacks it says so")
    func empty() {
        let svg = FlameSample.svg(StackCounts())
        #expect(isXML(svg))
        #expect(svg.contains(">There were no stacks in the input.<"))
        #expect(FlameSample.svg(FlameSample.stacks(["a": 0])).contains(">All counts are 0.<"))
        let gone = FlameSample.svg(FlameSample.difference(["a": (3, 0)]))
        #expect(gone.contains(">Only the first has any samples: nothing has a width.<"))
    }

    @Test("a frame's colour follows from its name, not from what else there is")
    func colours() throws {
        let alone = FlameSample.svg(FlameSample.stacks(["tcp_sendmsg_[k]": 1]))
        let among = FlameSample.svg(Self.sample)
        let colour = try #require(alone.colour(of: "tcp_sendmsg_[k]"))
        #expect(colour.hasPrefix("k"))
        #expect(among.colour(of: "tcp_sendmsg_[k]") == colour)
        #expect(among.colour(of: "memcpy_[i]")?.hasPrefix("i") == true)
        #expect(among.colour(of: "render_[j]")?.hasPrefix("j") == true)
        #expect(among.colour(of: "main")?.hasPrefix("u") == true)
        #expect(among.colour(of: "[unknown]")?.hasPrefix("n") == true)
    }

    @Test("titles say name, count and share, and what has no suffix keeps it")
    func titles() {
        #expect(
            FlameSample.svg(Self.sample) { $0.countName = "ms" }.frameTitles.prefix(4) == [
                "all (100 ms, 100.00%)", "nginx (95 ms, 95.00%)", "main (95 ms, 95.00%)",
                "memcpy_[i] (1 ms, 1.00%)",
            ])
        var stacks = FlameSample.stacks(["a": 1_234_567])
        stacks.add(StackCount(Array("0.25".utf8).span.bytes)!, to: Array("a".utf8).span.bytes)
        #expect(FlameSample.svg(stacks).frameTitles.last == "a (1,234,567.25 samples, 100.00%)")
    }

    @Test("what is narrower than the least width is left out, and that is said")
    func pruning() {
        let stacks = FlameSample.stacks(["a": 9_999, "b;c": 1])
        #expect(FlameSample.svg(stacks).frameTitles.count == 4)
        let svg = FlameSample.svg(stacks) { $0.minWidth = 0.2 }
        #expect(svg.frameTitles.count == 2)
        #expect(svg.contains("2 frames are narrower than 0.2 px and not drawn."))
    }

    @Test("a difference: red grew, blue shrank, widths of either, and what has none is said")
    func difference() {
        let difference = FlameSample.difference([
            "a;old": (30, 0), "a;new": (0, 50), "a;same": (20, 20), "b": (50, 10), "c": (0, 20),
        ])
        let svg = FlameSample.svg(difference)
        #expect(
            svg.frameTitles == [
                "all (100 → 100 samples: ±0, ±0.00%)", "a (50 → 70 samples: +20, +20.00%)",
                "new (0 → 50 samples: +50, +50.00%)", "same (20 → 20 samples: ±0, ±0.00%)",
                "b (50 → 10 samples: −40, −40.00%)", "c (0 → 20 samples: +20, +20.00%)",
            ])
        #expect(["all", "new", "same", "b"].map(svg.colour) == ["same", "grew8", "same", "shrank8"])
        #expect(svg.contains("1 frame is only in the first (30 samples): without width here."))
        let first = FlameSample.svg(difference) { $0.widthsByFirst = true }
        #expect(first.frameTitles.contains("old (30 → 0 samples: −30, −30.00%)"))
        #expect(first.contains("2 frames are only in the second (70 samples): without width here."))
    }

    @Test("names are cut to the room they have")
    func labels() {
        func label(_ name: String, pixels: Int) -> String {
            var text = XMLBytes()
            FrameLabel(pixels: pixels, fontSize: 12).put(Array(name.utf8).span.bytes, to: &text)
            return String(decoding: Array(text), as: UTF8.self)
        }
        #expect(FrameLabel(pixels: 100, fontSize: 12).fitting == 12)
        #expect(label("exactly12chr", pixels: 100) == "exactly12chr")
        #expect(label("one too many.", pixels: 100) == "one too man…")
        #expect(label("日本語日本語", pixels: 100) == "日本語日本語")
        #expect(label("日本語日本語語", pixels: 100) == "日本語日本…")
        #expect(label("éèêëéèêëéèêë&", pixels: 100) == "éèêëéèêëéèê…")
    }

    @Test("numbers are written as they are read")
    func numbers() {
        func text(_ put: (inout XMLBytes) -> Void) -> String {
            var text = XMLBytes()
            put(&text)
            return String(decoding: Array(text), as: UTF8.self)
        }
        var number: UInt64 = 1
        for step in 0..<40 {
            let count = StackCount(whole: number, billionths: UInt32(number % 1_000_000_000))
            #expect(text { $0.put(count, grouped: false) } == "\(count)")
            let grouped = text { $0.put(StackCount(number), grouped: true) }
            #expect(grouped.replacing(",", with: "") == "\(number)")
            #expect(grouped.components(separatedBy: ",").dropFirst().allSatisfy { $0.count == 3 })
            number = number &* 10 &+ UInt64(step % 10)
        }
        #expect(text { $0.put(.max, grouped: true) } == "18,446,744,073,709,551,615")
        #expect(text { $0.put(-1005) } == "-1005")
        for (hundredths, written) in [(0, "0"), (5, "0.05"), (150, "1.5"), (123_456, "1234.56")] {
            #expect(text { $0.put(hundredths: hundredths) } == written)
        }
        #expect(text { $0.put(percent: 1, of: 3) } == "33.33%")
    }

    @Test("a text may be longer than the room it began with")
    func growing() {
        var text = XMLBytes()
        for _ in 0..<100_000 { text.put(markup: "twelve bytes") }
        #expect(text.count == 1_200_000)
        #expect(Array(text) == Array(repeating: Array("twelve bytes".utf8), count: 100_000).flatMap(\.self))
    }

    private func isXML(_ text: String) -> Bool {
        XMLParser(data: Data(text.utf8)).parse()
    }
}
