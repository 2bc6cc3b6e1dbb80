// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Stacks

struct Flame: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flame",
        abstract: "Draws folded stacks as an interactive flame graph (SVG).",
        discussion: """
            Takes 'frame;frame;… COUNT' lines, as 'tcpwhy fold' and the stackcollapse tools write \
            them, and draws one SVG for the browser, which needs no other file. With two counts \
            on every line, as 'tcpwhy diff' writes them, it shows what grew and what shrank. \
            Colours follow from the names alone, and tell kernel (_[k]), user, inlined (_[i]) and \
            JIT (_[j]) frames apart. Needs no root.

            IN THE PICTURE:
              click, Enter       zoom in on a frame
              Escape             zoom out, then end the search
              arrow keys         the next frame, from one that Tab reached
              /, Ctrl-F          search by a regular expression; shows the share that matches
              Ctrl-I             ignore case
              the address        leads to what is shown: to keep, or to send

            EXAMPLES:
              perf script | tcpwhy fold --all | tcpwhy flame >cpu.svg
              tcpwhy flame --title nginx --subtitle '99 Hz, 30 s' cpu.folded >cpu.svg
              tcpwhy diff before.folded after.folded | tcpwhy flame >change.svg
            """)

    @OptionGroup var picture: FlameArguments

    @Flag(help: "Of a difference take the widths of the first count.")
    var byFirst = false

    @Argument(help: "Folded stacks; standard input if missing or -.")
    var file: String?

    func run() throws {
        let stacks = try FoldedFile.read(file) { reader, text in
            let stacks = try reader.stacks(in: &text)
            return (stacks, stacks.isEmpty)
        }
        var options = picture.options
        options.widthsByFirst = byFirst
        let output = try Output()
        try FlameGraph(options).write(stacks) { try output.write($0) }
    }
}
