// SPDX-License-Identifier: Apache-2.0
import Stacks

/// A file of folded stacks. Lines that are none are said; a file that has only
/// such is an error, one without any line is not.
enum FoldedFile {
    static func read<Stacks>(
        _ path: String?, stripsHex: Bool = false,
        _ take: (inout FoldedReader, inout LineBlocks) throws -> (stacks: Stacks, isEmpty: Bool)
    ) throws -> Stacks {
        let input = try InputFile(path: path)
        var text = LineBlocks(source: input.fill)
        var reader = FoldedReader()
        reader.stripsHex = stripsHex
        let (stacks, isEmpty) = try take(&reader, &text)
        guard let first = reader.skipped.firstLine else { return stacks }
        if isEmpty {
            throw Failure.failed(
                "\(input.name) has no folded stacks: line \(first) is not 'frame;frame;… COUNT'\n"
                    + "'tcpwhy fold' makes them of what perf script writes")
        }
        let count = reader.skipped.count
        let message: Message =
            "\(input.name): \(count) \(count == 1 ? "line is" : "lines are") no folded stack and left out, the "
            + "first is line \(first)"
        Output.note(message.text)
        return stacks
    }
}
