// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Stacks

struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compares two files of folded stacks.",
        discussion: """
            Writes every stack of either with the count of both: 'frame;frame;… A B', sorted, as \
            difffolded.pl does; or with --svg the flame graph of it: widths are B's, red frames \
            grew, blue ones shrank, by the share of the total that they changed. Frames that only A \
            has would have no width: the picture says how many there are, --by-first shows \
            them. Needs no root.

            EXAMPLES:
              tcpwhy diff before.folded after.folded >change.folded
              tcpwhy diff --normalize --svg before.folded after.folded >change.svg
            """)

    @Flag(
        name: [.customShort("n"), .long],
        help: "Scale A's counts so that their sum is B's: what changed is the share.")
    var normalize = false

    @Flag(
        name: [.customShort("s"), .customShort("x"), .long],
        help: "Take addresses (0x…) in names for the same.")
    var stripHex = false

    @Flag(help: "Draw the flame graph.")
    var svg = false

    @Flag(help: "In the picture the widths are A's, and frames that only B has are left out.")
    var byFirst = false

    @OptionGroup(title: "OPTIONS OF THE PICTURE") var picture: FlameArguments

    @Argument(help: ArgumentHelp("Folded stacks, before; - is standard input.", valueName: "A"))
    var before: String

    @Argument(help: ArgumentHelp("Folded stacks, after; - is standard input.", valueName: "B"))
    var after: String

    func validate() throws {
        if before == "-", after == "-" { throw ValidationError("only one of A and B is standard input") }
    }

    func run() throws {
        var difference = StackDifference()
        try read(before) { difference.add(first: $1, to: $0) }
        try read(after) { difference.add(second: $1, to: $0) }
        if normalize { difference.normalize() }
        let output = try Output()
        guard svg else { return try difference.write { try output.write($0) } }
        var options = picture.options
        options.widthsByFirst = byFirst
        try FlameGraph(options).write(difference) { try output.write($0) }
    }

    private func read(_ path: String, _ add: (RawSpan, StackCount) -> Void) throws {
        try FoldedFile.read(path, stripsHex: stripHex) { reader, text in
            var isEmpty = true
            try reader.forEachCount(in: &text) { stack, count in
                add(stack, count)
                isEmpty = false
            }
            return ((), isEmpty)
        }
    }
}
