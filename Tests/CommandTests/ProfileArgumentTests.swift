// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Testing

@testable import tcpwhy

@Suite struct ProfileArgumentTests {
    @Test(arguments: [
        [], ["-F", "999", "-C", "0-1", "-p", "1", "-c", "nginx", "--cgroup", "/", "--netns", "x", "-U"],
        ["--weight", "cpu", "--json"],
        ["--weight", "port-time", "--backend", "kprobe", "-p", "1", "-c", "x"],
        ["--weight", "ports-tried", "--svg", "a.svg", "-d", "2.5", "--cgroup", "/", "-K"],
        ["--weight", "drops", "--netns", "x", "--cgroup", "/", "-K", "--backend", "tracepoint"],
    ])
    func accepts(arguments: [String]) throws {
        _ = try Profile.parse(arguments)
    }

    @Test(arguments: [
        (["--weight", "time"], "invalid"), (["-U", "-K"], "leave out"),
        (["--backend", "fentry"], "goes with another --weight"),
        (["--weight", "port-time", "-C", "0"], "takes no samples"),
        (["--weight", "ports-tried", "-F", "99"], "takes no samples"),
        (["--weight", "drops", "-p", "1"], "no process's"),
        (["--weight", "drops", "-c", "x"], "no process's"),
        (["--weight", "drops", "-U"], "no process's stack"),
        (["-d", "0"], "-d is from 0.01 to 10000000 seconds, not 0"),
        (["-F", "1000001"], "from 1 to 1000000"),
    ])
    func refuses(arguments: [String], says: String) throws {
        let error = #expect(throws: (any Error).self) { _ = try Profile.parse(arguments) }
        let message = Profile.message(for: try #require(error))
        #expect(message.contains(says), "\(message)")
    }
}
