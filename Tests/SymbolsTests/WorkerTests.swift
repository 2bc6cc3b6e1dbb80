// SPDX-License-Identifier: Apache-2.0
import Glibc
import Host
import Seeded
import Testing

@testable import Symbols

private let library = """
    __attribute__((noinline)) int exported_function(int a) { return a * 3 + 1; }
    int other_function(int a) { return exported_function(a); }
    """

/// The process that reads symbols, when it does not what it should.
@Suite struct WorkerTests {
    private let folder: TemporaryFolder
    private let address: UInt64

    /// Processes 1 to 3, each with a library of its own.
    init() throws {
        folder = try TemporaryFolder()
        let file = try folder.compile("container/lib/lib1.so", library, "-shared", "-fpic")
        address = try #require(try symbolAddresses(file)["exported_function"])
        for pid in 1...3 {
            let name = "lib\(pid).so"
            if pid > 1 { try run("cp", file, "\(folder.path)/container/lib/\(name)") }
            try folder.addProcess(pid, maps: try folder.maps(of: file, as: "/lib/\(name)", bias: 0))
        }
    }

    private func names(_ symbols: UserSymbols) -> [String] {
        let frames = symbols.frames(at: [1: [address], 2: [address], 3: [address]])
        return [1, 2, 3].map { frames[$0]?[address]?.name ?? "" }
    }

    private let all = [String](repeating: "exported_function", count: 3)

    /// One that answers so many requests, with these bytes, and then no more.
    private func mute(after replies: [UInt8]...) -> (SymbolWorker.Start, SymbolSocket?) {
        guard let ends = Server.pair() else { return ({ nil }, nil) }
        let socket = SymbolSocket(owning: ends.1)
        for reply in replies { _ = socket.send(reply) }
        var starts = 0
        return (
            {
                starts += 1
                return starts == 1 ? (ends.0, nil) : Server.thread()
            }, socket
        )
    }

    @Test func whoeverKeepsItWaitingLosesItsNamesAndNobodyElse() throws {
        let (start, socket) = mute(after: [SymbolMessage.Kind.begin.rawValue, 0])
        let symbols = UserSymbols(root: folder.path, start)
        // Which of them it was asked for first is any.
        #expect(names(symbols).filter { $0 == "exported_function" }.count == 2)
        let remarks = symbols.takeRemarks()
        #expect(remarks.count == 1 && remarks[0].contains("longer than"))
        // And it is not tried again.
        #expect(names(symbols).filter { $0.isEmpty }.count == 1)
        withExtendedLifetime(socket) {}
    }

    @Test func whereNobodyIsToBlameAllAreNamed() throws {
        let (start, socket) = mute()
        let symbols = UserSymbols(root: folder.path, start)
        #expect(names(symbols) == all)
        #expect(symbols.takeRemarks().isEmpty)
        withExtendedLifetime(socket) {}
    }

    @Test func isStartedAgainWhenItHasEnded() throws {
        var starts = 0
        let symbols = UserSymbols(root: folder.path) {
            starts += 1
            guard starts < 3, let ends = Server.pair() else { return Server.thread() }
            close(ends.1)
            return (ends.0, nil)
        }
        #expect(names(symbols) == all)
        #expect(starts == 3)
    }

    @Test func isNotStartedForEver() throws {
        var starts = 0
        let symbols = UserSymbols(root: folder.path) {
            starts += 1
            guard let ends = Server.pair() else { return nil }
            close(ends.1)
            return (ends.0, nil)
        }
        #expect(names(symbols) == ["", "", ""])
        #expect(starts == 4)
        #expect(
            symbols.frame(pid: 1, address: address).description == "[lib1.so+0x\(String(address, radix: 16))]"
        )
        #expect(!symbols.takeRemarks().isEmpty)
    }

    @Test func whereItCannotBeStartedThisIsSaidOnce() throws {
        let symbols = UserSymbols(root: folder.path) { nil }
        #expect(names(symbols) == ["", "", ""])
        #expect(names(symbols) == ["", "", ""])
        let remarks = symbols.takeRemarks()
        #expect(remarks.count == 1 && remarks[0].contains("/proc/self/exe"))
        #expect(symbols.takeRemarks().isEmpty)
    }

    /// Where processes have other numbers than the kernel says, another process's names would be given.
    @Test func namesNothingByOtherProcessesNumbers() throws {
        let symbols = UserSymbols(root: folder.path, isAtHome: false, Server.thread)
        #expect(symbols.frame(pid: 1, address: address).description == "[unknown]")
        #expect(symbols.takeRemarks().count == 1)
    }

    @Test func theRealOneNames() throws {
        let symbols = UserSymbols(root: folder.path, Server.process)
        #expect(names(symbols) == all)
        let first = try #require(symbols.workerID)
        kill(first, SIGKILL)
        // What was found before is known; the rest a new one finds.
        #expect(symbols.frame(pid: 2, address: address + 1).name == "exported_function")
        #expect(symbols.workerID != first)
    }

    @Test func theRealOneMayDoNothingButRead() throws {
        let symbols = UserSymbols(root: folder.path, Server.process)
        #expect(names(symbols) == all)
        let pid = try #require(symbols.workerID)
        let status = String(decoding: try contents("/proc/\(pid)/status"), as: UTF8.self).split(
            separator: "\n")
        func value(_ name: String) -> String? {
            status.first { $0.hasPrefix(name + ":") }?.split(whereSeparator: { $0 == "\t" || $0 == " " }).last
                .map(String.init)
        }
        #expect(value("NoNewPrivs") == "1")
        #expect(value("Seccomp") == "2")
        // CAP_DAC_READ_SEARCH, if even that.
        #expect(["0000000000000000", "0000000000000004"].contains(value("CapPrm")))
        if getuid() == 0 { #expect(value("Uid") == "65534") }
        let limits = String(decoding: try contents("/proc/\(pid)/limits"), as: UTF8.self).split(
            separator: "\n")
        for line in ["Max file size", "Max core file size"] {
            let words = limits.first { $0.hasPrefix(line) }?.dropFirst(line.count).split(separator: " ")
            #expect(words?.prefix(2) == ["0", "0"], "\(line)")
        }
        #expect(limits.contains { $0.hasPrefix("Max address space") && $0.contains("536870912") })
    }

    @Test func leavesNoProcessBehind() throws {
        var symbols: UserSymbols? = UserSymbols(root: folder.path, Server.process)
        _ = symbols?.frame(pid: 1, address: address)
        let pid = try #require(symbols?.workerID)
        #expect(kill(pid, 0) == 0)
        symbols = nil
        #expect(kill(pid, 0) == -1 && errno == ESRCH)
    }
}

/// Requests and replies that are none.
@Suite struct SymbolMessageTests {
    /// What the server says to a message; `nil`: it has ended.
    private func reply(_ request: [UInt8]) throws -> [UInt8]? {
        let socket = SymbolSocket(owning: try #require(Server.thread()).socket)
        try #require(socket.send(request))
        guard case .message(let reply, _) = socket.receive(waiting: true) else { return nil }
        return reply
    }

    private func request(places: Int, claimed: Int) -> [UInt8] {
        var message = MessageWriter(.names)
        message.put(SymbolMessage.vdso)
        message.put(UInt16(claimed))
        for _ in 0..<places { message.put(UInt64(0)) }
        return message.bytes
    }

    @Test func isAnsweredIfItIsOne() throws {
        #expect(try reply(request(places: 2, claimed: 2)) != nil)
        #expect(try reply(request(places: 256, claimed: 256)) != nil)
    }

    @Test func endsTheServerIfItIsNone() throws {
        #expect(try reply([99]) == nil)
        #expect(try reply(request(places: 1, claimed: 2)) == nil)
        #expect(try reply(request(places: 2, claimed: 1)) == nil)
        #expect(try reply(request(places: 257, claimed: 257)) == nil)
        #expect(try reply(MessageWriter(.load).bytes) == nil)
    }

    @Test(arguments: 1...4)
    func mayBeAnything(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<200 {
            let count = Int.random(in: 1...64, using: &random)
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            bytes[0] = UInt8.random(in: 0...4, using: &random)
            _ = try reply(bytes)
        }
    }

    /// A reader that was taken over may say anything.
    @Test(arguments: 1...4)
    func mayBeAnyReply(seed: Int) throws {
        let folder = try TemporaryFolder()
        let file = try folder.compile("container/lib/libx.so", library, "-shared", "-fpic")
        let maps = try folder.maps(of: file, as: "/lib/libx.so", bias: 0)
        var random = SeededGenerator(seed: UInt64(seed))
        for round in 0..<20 {
            try folder.addProcess(7, maps: maps)
            let junk = (0..<8).map { _ in
                (0..<Int.random(in: 1...300, using: &random)).map { _ in
                    UInt8.random(in: 0...4, using: &random)
                }
            }
            let symbols = UserSymbols(root: folder.path) {
                guard let ends = Server.pair() else { return nil }
                let socket = SymbolSocket(owning: ends.1)
                for message in junk { _ = socket.send(round % 2 == 0 ? message : [0, 0] + message) }
                return (ends.0, nil)
            }
            #expect(symbols.frame(pid: 7, address: 0x1000).description.count < 2048)
        }
    }
}

/// Files that a reader must not touch.
@Suite struct RegularFileTests {
    @Test(arguments: [
        "/proc/self/maps", "/proc/kmsg", "/sys/kernel/mm/transparent_hugepage/enabled", "/dev/null",
    ])
    func areNotThoseThatTheKernelMakesUp(path: String) {
        #expect(RegularFile(at: Array(path.utf8)) == nil)
    }

    @Test func areNotReachedByLinks() throws {
        let folder = try TemporaryFolder()
        symlink("/proc/version", folder.path + "/link")
        let root = try #require(Root("/"))
        #expect(root.file(at: Array((folder.path + "/link").utf8)) == nil)
        try folder.write("file", "x")
        #expect(root.file(at: Array((folder.path + "/file").utf8)) != nil)
    }
}

@Suite struct KeptTests {
    @Test func theLongestUnusedLeaves() {
        var kept = Kept<String>(most: 2, mostBytes: 100)
        kept.put("a", 1, size: 10)
        kept.put("b", 2, size: 10)
        #expect(kept[1] == "a")
        kept.put("c", 3, size: 10)
        #expect(kept[1] == "a" && kept[2] == nil && kept[3] == "c")
        kept.put("d", 4, size: 95)
        #expect(kept[4] == "d" && kept[1] == nil && kept[3] == nil)
    }
}
