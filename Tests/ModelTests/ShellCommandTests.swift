// SPDX-License-Identifier: Apache-2.0
import Foundation
import Model
import Seeded
import Testing

/// A value in a command is part of one word: real shells say so.
@Suite struct ShellCommandTests {
    /// What a shell makes of the words behind `printf`.
    private func words(_ command: ShellCommand, _ shell: String) throws -> [String] {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: shell)
        process.arguments = ["-c", command.text]
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let said = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: said, as: UTF8.self).split(separator: "\0", omittingEmptySubsequences: false)
            .dropLast().map(String.init)
    }

    @Test(arguments: ["/bin/sh", "/bin/bash"], HostileNames.all)
    func whateverTheValueItIsOneWord(shell: String, name: String) throws {
        let shown = Printable.text(name)
        let tail: ShellCommand = " end"
        let command: ShellCommand =
            "printf '%s\\0' \(name) --net=\(name) 'in \(name) single' \"in \(name) double\" '\(name)'\(tail)"
        #expect(
            try words(command, shell)
                == [shown, "--net=\(shown)", "in \(shown) single", "in \(shown) double", shown, "end"])
        #expect(
            !command.text.unicodeScalars.contains(where: HostileNames.isUnfit) && !command.text.contains("\n")
        )
    }

    @Test(
        arguments: [
            ("nginx.service", "nginx.service"), ("/run/a-b_c.sock", "/run/a-b_c.sock"),
            ("a@1:2=3+4,5%", "a@1:2=3+4,5%"),
            ("", "''"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("café", "'café'"), ("-x", "'-x'"),
            ("~", "'~'"),
        ] as [(String, String)])
    func plainValuesStayAsTheyAre(value: String, word: String) {
        let command: ShellCommand = "show \(value)"
        #expect(command.text == "show " + word)
    }

    @Test func whatBeginsWithADashIsNoOption() {
        let command: ShellCommand = "systemctl thaw \(operand: "-.slice")"
        #expect(command.text == "systemctl thaw -- '-.slice'")
        let other: ShellCommand = "systemctl thaw \(operand: "a.slice")"
        #expect(other.text == "systemctl thaw a.slice")
    }

    @Test func partsAndNumbersStayAsTheyAre() {
        let prefix: ShellCommand = "ip netns exec \("a b") "
        let port: UInt16 = 80
        let command: ShellCommand = "\(prefix)ss 'sport = :\(port)' \(IPAddress(127, 0, 0, 1))"
        #expect(command.text == "ip netns exec 'a b' ss 'sport = :80' 127.0.0.1")
        #expect([prefix, "x", "y"].joined(separator: "; ").text == "ip netns exec 'a b' ; x; y")
        #expect(([] as [ShellCommand]).joined(separator: "; ").isEmpty)
    }

    /// What stands in double quotes is quoted there.
    @Test func valuesInDoubleQuotes() {
        let (range, evil) = ("1024 65535", "$(x) \"y\" it's")
        let command: ShellCommand = "sysctl -w a=\"\(range)\" b=\"\(evil)\""
        #expect(command.text == "sysctl -w a=\"1024 65535\" b=\"\"'$(x) \"y\" it'\\''s'\"\"")
    }
}

@Suite struct ConfigurationLineTests {
    @Test(arguments: ["/run/php/php8.2-fpm.sock", "[::1]:80", "127.0.0.1:80", "a_b@c"])
    func plainValuesStand(value: String) {
        let line: ConfigurationLine = "listen \(value) backlog=\(512);"
        #expect(line.text == "listen \(value) backlog=512;")
    }

    /// A path like "/run/x; }" were another line.
    @Test(arguments: HostileNames.all)
    func whatWouldNeedQuotesLeavesNoLine(value: String) {
        let line: ConfigurationLine = "listen unix:\(value) backlog=512;"
        let isPlain = value.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || $0 == "-")
        }
        #expect(line.text.isEmpty == !isPlain)
    }
}

@Suite struct PrintableTests {
    @Test(arguments: HostileNames.all)
    func nothingUnfitPasses(name: String) {
        for text in [Printable.text(name), Printable.frame(name), Printable.lines(name)] {
            #expect(!text.unicodeScalars.contains(where: HostileNames.isUnfit))
        }
        #expect(!Printable.text(name).unicodeScalars.contains("\n"))
        #expect(!Printable.frame(name).unicodeScalars.contains { $0 == "\n" || $0 == ";" })
        #expect(
            Printable.lines(name).unicodeScalars.count { $0 == "\n" }
                == name.unicodeScalars.count { $0 == "\n" })
    }

    @Test(arguments: [
        "nginx: worker process", "php-fpm8.2", "café", "日本語", "שלום", "e\u{301}", "❤️", "kworker/0:1-events",
    ])
    func ordinaryNamesLookAsTheyAre(name: String) { #expect(Printable.text(name) == name) }
}
