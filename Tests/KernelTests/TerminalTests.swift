// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// What a terminal is sent is what it understands.
    @Suite(.enabled(if: Lab.isNative, "natively: no kernel differs in that")) struct TerminalTests {
        /// `TIOCGPTN` and `TIOCSPTLCK`, asm-generic/ioctls.h.
        private static let number: UInt = 0x8004_5430
        private static let lock: UInt = 0x4004_5431

        /// What a command writes to a terminal.
        /// - Parameter environment: as `env` takes it.
        private func screen(_ environment: [String], _ arguments: [String]) throws -> String {
            let main = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
            defer { close(main) }
            var number: Int32 = -1
            var isLocked: Int32 = 0
            try #require(ioctl(main, Self.number, &number) == 0 && ioctl(main, Self.lock, &isLocked) == 0)
            let terminal = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
            defer { close(terminal) }
            try #require(terminal >= 0)
            let child = try Child(["env"] + environment + [Lab.tcpwhy] + arguments, output: terminal)
            var text: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4096)
            _ = fcntl(main, F_SETFL, O_NONBLOCK)
            var isOver = false
            let ended = Lab.wait(60) {
                // Once more after its end: what it wrote is there then.
                isOver = child.hasEnded
                while case let got = read(main, &buffer, buffer.count), got > 0 { text += buffer[..<got] }
                return isOver
            }
            try #require(ended, "\(child.error)")
            #expect(try child.wait() == 0, "\(child.error)")
            return String(decoding: text, as: UTF8.self)
        }

        private static let commands = [
            ["ports", "0.3", "2"], ["drops", "0.3", "2"], ["listeners", "0.3", "2"],
            ["hotspots", "0.3", "2"],
        ]

        @Test(arguments: commands)
        func aDumbOneGetsTablesOneAfterTheOther(arguments: [String]) throws {
            for environment in [["TERM=dumb"], ["-u", "TERM"], ["TERM="]] {
                let text = try screen(environment, arguments)
                #expect(!text.isEmpty)
                #expect(!text.contains("\u{1b}"), "\(environment) \(arguments): \(text)")
            }
        }

        @Test(arguments: commands)
        func anyOtherIsDrawnOver(arguments: [String]) throws {
            let text = try screen(["-u", "NO_COLOR", "TERM=xterm"], arguments)
            #expect(text.contains("\u{1b}[H"), "\(text)")
        }

        /// Colours are `ESC [ … m`; the table still redraws.
        @Test func noColourIsNoColour() throws {
            let text = try screen(["NO_COLOR=1", "TERM=xterm"], ["drops", "0.3", "2"])
            #expect(text.contains("\u{1b}[H"))
            #expect(!text.contains(/\x1b\[[0-9;]*m/), "\(text)")
        }
    }
}
