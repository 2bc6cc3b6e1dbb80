// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Testing

@testable import tcpwhy

@Suite struct HotspotsArgumentTests {
    @Test(arguments: [
        [], ["5", "12"],
        ["-F", "999", "-p", "1", "-c", "nginx", "--cgroup", "/", "--netns", "x", "-C", "0-1"],
        ["--sort", "total", "-n", "3", "--json", "-d", "2.5"], ["--sort", "self", "--backend", "fentry"],
    ])
    func accepts(arguments: [String]) throws {
        _ = try Hotspots.parse(arguments)
    }

    @Test(arguments: [
        (["0"], "from 0.01"), (["-F", "0"], "-F is from 1 to 1000000 samples a second, not 0"),
        (["-F", "18446744073709551615"], "from 1 to 1000000"), (["-F", "-1"], ""),
        (["-C", "3-1"], "no list of CPUs"),
        (["--sort", "own"], "invalid"), (["-n", "0"], "from 1 to"), (["-p", "0"], "positive"),
    ])
    func refuses(arguments: [String], says: String) throws {
        let error = #expect(throws: (any Error).self) { _ = try Hotspots.parse(arguments) }
        let message = Hotspots.message(for: try #require(error))
        #expect(message.contains(says), "\(message)")
    }
}
