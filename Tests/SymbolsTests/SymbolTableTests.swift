// SPDX-License-Identifier: Apache-2.0
import Seeded
import Testing

@testable import Symbols

@Suite struct SymbolTableTests {
    /// The rule, taken literally: of the functions that cover an address, the one that
    /// began last.
    @Test(arguments: 1...20)
    func givesWhatASearchOfAllGives(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<50 {
            let count = Int.random(in: 0...30, using: &random)
            let starts = Set((0..<count).map { _ in UInt32.random(in: 0..<200, using: &random) }).sorted()
            var names: [UInt8] = []
            let ranges = starts.map { start in
                let name = UInt32(names.count)
                names += Array("f\(start)\0".utf8)
                let size = UInt32.random(in: 1...(Bool.random(using: &random) ? 8 : 90), using: &random)
                return FunctionSymbol(
                    start: start, end: start + size, nameOffset: name, strings: 0, isLocal: false,
                    isUnsized: false)
            }
            let base: UInt64 = 0x40_0000
            let table = SymbolTable(base: base, ranges.shuffled(using: &random), [StringTable(names)])
            for address in UInt32(0)..<300 {
                let expected = ranges.last { $0.start <= address && address < $0.end }
                #expect(
                    table.function(at: base + UInt64(address))
                        == expected.map {
                            SymbolTable.Function(name: "f\($0.start)", start: base + UInt64($0.start))
                        })
            }
        }
    }

    @Test func knowsNothingElsewhere() {
        let symbol = FunctionSymbol(
            start: 0, end: .max, nameOffset: 0, strings: 0, isLocal: false, isUnsized: false)
        let table = SymbolTable(base: 0x1000, [symbol], [StringTable(Array("all\0".utf8))])
        #expect(table.function(at: 0x1000)?.name == "all")
        for address in [0, 0xfff, UInt64.max, 0x1000 + UInt64(UInt32.max)] {
            #expect(table.function(at: address) == nil)
        }
        #expect(SymbolTable().function(at: 0) == nil)
    }
}
