// SPDX-License-Identifier: Apache-2.0
import Model
import Stacks

/// Where a profile goes: text, a picture, or both. Known before the trace, since what cannot
/// be written is not worth one.
struct ProfileOutput {
    private let picture: Output?
    /// `nil`: a picture on demand leaves a terminal alone.
    private let text: Output?
    private let isJSON: Bool

    init(file: String?, svg: String?, json: Bool) throws {
        picture = try svg.map { try Output(path: $0, .whole) }
        let output = try Output.to(file, .whole)
        text = svg != nil && output.isTerminal ? nil : output
        isJSON = json
        try Output.refuseTwice(picture, text)
    }

    /// - Parameters:
    ///   - options: of the picture.
    ///   - json: the same stacks as JSON Lines.
    func write(_ stacks: [NamedStack], _ options: FlameOptions, json: () -> [UInt8]) throws {
        if picture != nil || !isJSON {
            let counts = FoldedProfile.counts(stacks)
            // First, since nobody may read the text to its end.
            if let picture { try FlameGraph(options).write(counts) { try picture.write($0) } }
            try picture?.finish()
            if let text, !isJSON { try counts.writeFolded { try text.write($0) } }
        }
        if isJSON { try text?.write(json()) }
        try text?.finish()
    }
}
