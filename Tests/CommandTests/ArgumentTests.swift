// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Testing

@testable import tcpwhy

/// What the command line accepts, and what it says about the rest.
@Suite struct ArgumentTests {
    @Test(arguments: [
        [], ["5", "12"], ["0.1"], ["-p", "1", "-c", "nginx", "-P", "80", "--json", "-d", "2.5"],
        ["--dest", "10.0.0.0/8"], ["--dest", "2001:db8::1"], ["--sort", "tried", "-n", "3"],
        ["--backend", "kprobe", "--count-calls"], ["--events", "--failed"], ["--histogram"],
    ])
    func accepts(arguments: [String]) throws {
        _ = try Ports.parse(arguments)
    }

    @Test(arguments: [
        (["0"], "the interval is from 0.01 to 86400 seconds, not 0"), (["--", "-1"], "from 0.01 to 86400"),
        (["nan"], "not nan"), (["x"], "invalid"), (["1e-12", "3"], "from 0.01 to 86400 seconds, not 1e-12"),
        (["86401"], "from 0.01 to 86400"), (["1e300"], "not 1e+300"),
        (["1", "0"], "the number of reports is from 1 to 1000000000, not 0"), (["1", "1e3"], "invalid"),
        (["1", "9223372036854775808"], "invalid"),
        (["-d", "0"], "-d is from 0.01 to 10000000 seconds, not 0"),
        (["-d", "inf"], "not inf"), (["-d", "1e-9"], "from 0.01"), (["-d", "1e8"], "to 10000000"),
        (["-n", "0"], "-n is from 1 to 1000000000 rows, not 0"),
        (["-n", "9223372036854775807"], "from 1 to"),
        (["--look-budget", "0"], "--look-budget is from 0.01 to 100 per cent of one CPU, not 0"),
        (["--look-budget", "1e-300"], "from 0.01"), (["--look-budget", "100.1"], "to 100"),
        (["--look-budget", "nan"], "not nan"), (["-p", "0"], "positive"), (["-P", "0"], "no destination"),
        (["-P", "65536"], "invalid"), (["-c", ""], "needs a name"),
        (["--dest", "300.1.1.1"], "'300' is above 255"), (["--dest", "10.0.0.0/33"], "from 0 to 32"),
        (["--dest", ""], "not an address"), (["--dest", "::1::"], "not an address"),
        (["--backend", "magic"], "invalid"), (["--sort", "colour"], "invalid"),
        (["--events", "--histogram"], "choose one"), (["1", "2", "3"], "nexpected"),
    ])
    func refuses(arguments: [String], says: String) throws {
        let error = #expect(throws: (any Error).self) { _ = try Ports.parse(arguments) }
        let message = Ports.message(for: try #require(error))
        #expect(message.contains(says), "\(message)")
        #expect(Ports.exitCode(for: try #require(error)) == .validationFailure)
    }

    @Test(arguments: ["0", "1e-12", "86401", "nan", "-1"])
    func diagnosesForAMomentOrADay(duration: String) throws {
        let error = #expect(throws: (any Error).self) { _ = try Diagnose.parse(["--duration=\(duration)"]) }
        #expect(Diagnose.message(for: try #require(error)).contains("-d is from 0.01 to 86400 seconds"))
        #expect(Diagnose.exitCode(for: try #require(error)) == .validationFailure)
        _ = try Diagnose.parse(["-d", "0.01"])
    }

    @Test(arguments: [
        [], ["-"], ["cpu.folded", "--title", "a", "--subtitle", "b", "--countname", "ms", "--nametype", "x"],
        ["--width", "2000", "--height", "20", "--minwidth", "0"], ["--inverted"], ["--icicle", "--by-first"],
        ["--colors", "mem"],
    ])
    func drawsFlames(arguments: [String]) throws {
        _ = try Flame.parse(arguments)
    }

    @Test(arguments: [
        (["--width", "100"], "200 to 100000"), (["--height", "7"], "8 to 100"),
        (["--minwidth", "-1"], "minwidth"), (["--minwidth", "nan"], "0 to 1000"),
        (["--colors", "rainbow"], "invalid"), (["a", "b"], "nexpected"),
    ])
    func drawsNoFlames(arguments: [String], says: String) throws {
        let error = #expect(throws: (any Error).self) { _ = try Flame.parse(arguments) }
        let message = Flame.message(for: try #require(error))
        #expect(message.contains(says), "\(message)")
    }

    @Test func comparesTwoFiles() throws {
        let diff = try Diff.parse(["-n", "-x", "--svg", "--by-first", "--title", "t", "a", "-"])
        #expect(diff.normalize && diff.stripHex && diff.svg && diff.byFirst)
        #expect((diff.before, diff.after) == ("a", "-"))
        for arguments in [["a"], ["-", "-"], ["a", "b", "c"]] {
            #expect(throws: (any Error).self) { _ = try Diff.parse(arguments) }
        }
    }
}
