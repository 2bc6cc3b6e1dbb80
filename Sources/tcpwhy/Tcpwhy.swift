// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import BPF
import Glibc
import Host

@main
struct Tcpwhy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tcpwhy",
        abstract: "Says why a TCP service's throughput fell.",
        discussion: """
            Traces the kernel with BPF: fentry where it is to be had, else kprobes, else \
            tracepoints. Needs root, or capabilities, of which 'tcpwhy check' names those that are \
            missing; once it traces it keeps only what it still needs.

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
        Allocator.giveBackWhatIsFreed()
        // A reader that goes away shows as a failed write, not as our death in mid-trace.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as Failure {
            failure.report()
            Glibc.exit(failure.code)
        } catch is OutputClosed {
            Glibc.exit(0)
        } catch let error as BPFError {
            Failure(error).report()
            Glibc.exit(Failure(error).code)
        } catch let error as HostError {
            Failure.failed("\(error)").report()
            Glibc.exit(1)
        } catch {
            exitAsParserSays(error)
        }
    }

    /// Help and version are no errors; the parser's own number for wrong usage is
    /// 64, ours 2.
    private static func exitAsParserSays(_ error: any Error) -> Never {
        let code = exitCode(for: error)
        let message = fullMessage(for: error)
        if code.isSuccess {
            print(message)
        } else if !message.isEmpty {
            Output.error(message + "\n")
        }
        Glibc.exit(code == .validationFailure ? 2 : code.rawValue)
    }
}
