// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import BPF
import Glibc
import Host
import Model
import Symbols

@main
struct Tcpwhy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tcpwhy",
        abstract: "Says why a TCP service's throughput fell.",
        discussion: """
            Traces the kernel with BPF: fentry where it is to be had, else kprobes, else \
            tracepoints. Needs root, or capabilities, of which 'tcpwhy check' names those that are \
            missing; once it traces it keeps only what it still needs.

            A file that is named with -o, --svg or --save is replaced and not emptied, and keeps mode and \
            owner: by diagnose and profile when the new one is whole, by the live commands when tracing \
            begins, so that their reports can be read while they grow. A run that fails or is killed before \
            leaves the old one as it was. Symbolic links are followed, but nothing that another user put \
            into a directory like /tmp is written. Devices, pipes and mount points are written as they are.

            Ctrl-C, SIGTERM and SIGHUP end a run with what it has found; those that were ignored when it \
            was started (nohup, a script's background) stay ignored.

            EXIT STATUS:
              0   done
              1   failed
              2   wrong usage
              3   findings (diagnose --fail-on)
              77  nothing can be traced here
            """,
        version: version,
        subcommands: [
            Diagnose.self, Explain.self, Ports.self, Drops.self, Listeners.self, Hotspots.self, Profile.self,
            Fold.self,
            Flame.self,
            Diff.self, Check.self,
        ], defaultSubcommand: Diagnose.self)

    static let version = "0.1.0"

    static func main() {
        StandardStreams.occupy()
        SymbolProcess.runIfAsked()
        Allocator.giveBackWhatIsFreed()
        // A reader that goes away shows as a failed write, not as our death in mid-trace; and so does a
        // file that may not grow.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            exit(error)
        }
    }

    private static func exit(_ error: any Error) -> Never {
        switch error {
        case let failure as Failure:
            failure.report()
            Glibc.exit(failure.code)
        case is OutputClosed: Glibc.exit(0)
        case let error as BPFError: exit(Failure(error))
        case let error as HostError: exit(Failure.failed("\(error)"))
        default: exitAsParserSays(error)
        }
    }

    /// Help and version are no errors; the parser's own number for wrong usage is
    /// 64, ours 2.
    private static func exitAsParserSays(_ error: any Error) -> Never {
        let code = exitCode(for: error)
        let message = printable(fullMessage(for: error))
        if code.isSuccess {
            do { try Output().write(text: message + "\n") } catch { exit(error) }
        } else if !message.isEmpty {
            Output.error(message + "\n")
        }
        Glibc.exit(code == .validationFailure ? 2 : code.rawValue)
    }

    /// The parser quotes arguments as they are: none makes a line of its own.
    private static func printable(_ message: String) -> String {
        CommandLine.arguments.flatMap { [$0] + $0.split(separator: "=", maxSplits: 1).map(String.init) }
            .filter { Printable.text($0) != $0 }
            .reduce(message) { $0.replacing($1, with: Printable.text($1)) }
    }
}
