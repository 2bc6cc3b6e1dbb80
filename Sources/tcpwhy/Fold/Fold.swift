// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Stacks

struct Fold: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fold",
        abstract: "Folds the stacks of perf script or bpftrace: one line per stack, with its count.",
        discussion: """
            Writes "command;outermost;…;innermost COUNT" lines, sorted, as stackcollapse-perf.pl \
            does: COUNT is the sum of the samples' periods, or of the samples where perf wrote no \
            period. Of several events only the first one counts, unless --event-filter names \
            another. bpftrace's maps (@[ … ]: COUNT) are folded as stackcollapse-bpftrace.pl does; \
            of folded stacks equal ones are added up. Which of these a text is, it says itself. \
            Needs no root.

            EXAMPLES:
              perf record -F 99 -a -g sleep 10; perf script | tcpwhy fold >cpu.folded
              tcpwhy fold --kernel perf.txt           mark functions of the kernel
              tcpwhy fold --tid perf.txt              each thread for itself
              tcpwhy fold --event-filter cycles:u perf.txt
            """)

    @Flag(help: "Add the process id to the command's name.")
    var pid = false

    @Flag(help: "Add process and thread id to the command's name.")
    var tid = false

    @Flag(help: "Mark functions of the kernel with _[k].")
    var kernel = false

    @Flag(help: "Mark functions compiled at run time with _[j].")
    var jit = false

    @Flag(help: "All marks: --kernel and --jit.")
    var all = false

    @Flag(help: "Show the address where the symbol is not known.")
    var addrs = false

    @Option(help: ArgumentHelp("Count samples of this event only.", valueName: "event"))
    var eventFilter: String?

    @Argument(help: "What perf script or bpftrace wrote; standard input if missing or -.")
    var file: String?

    func run() throws {
        let input = try InputFile(path: file)
        var blocks = LineBlocks(source: input.fill)
        var folding = Folding(options)
        while try blocks.next({ folding.take($0, firstLine: $1) }) {}
        var result = folding.result()
        result.leaveOut(blocks.skipped)
        if folding.format == nil, result.skipped.count > 0 {
            throw Failure.failed(
                "\(input.name) has no stacks: give what perf script, bpftrace or tcpwhy fold wrote")
        }
        let output = try Output()
        try result.write { try output.write($0) }
        for note in FoldNotes.lines(of: result, isEventChosen: eventFilter != nil) {
            Output.note(note)
        }
    }

    private var options: FoldOptions {
        var options = FoldOptions()
        options.pid = pid
        options.tid = tid
        options.kernel = kernel || all
        options.jit = jit || all
        options.addresses = addrs
        options.event = eventFilter
        return options
    }
}
