// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Makes the manual page: reads what `tcpwhy --experimental-dump-help` prints,
/// writes man(7). Not part of what ships.
@main
enum Docgen {
    static func main() {
        guard CommandLine.arguments.count == 2 else {
            fail("usage: tcpwhy --experimental-dump-help | docgen VERSION")
        }
        do {
            let json = FileHandle.standardInput.readDataToEndOfFile()
            let dump = try JSONDecoder().decode(HelpDump.self, from: json)
            let page = ManPage(root: dump.command, version: CommandLine.arguments[1])
            FileHandle.standardOutput.write(Data(page.text().utf8))
        } catch {
            fail("docgen: this is no dump of help: \(error)")
        }
    }

    private static func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        exit(1)
    }
}
