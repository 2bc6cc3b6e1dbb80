// SPDX-License-Identifier: Apache-2.0
import Model
import Stacks

/// Where a profile goes: text, a picture, or both. Opened before the trace, since what cannot
/// be written is not worth one.
struct ProfileOutput {
    private let picture: Output?
    /// `nil`: a picture on demand leaves a terminal alone.
    private let text: Output?
    private let isJSON: Bool

    init(file: String?, svg: String?, json: Bool) throws {
        picture = try svg.map { try Output(path: $0) }
        let output = try Output(path: file)
        text = svg != nil && output.isTerminal ? nil : output
        isJSON = json
    }

    /// - Parameters:
    ///   - options: of the picture.
    ///   - json: the same stacks as JSON Lines.
    func write(_ stacks: [NamedStack], _ options: FlameOptions, json: () -> [UInt8]) throws {
        if isJSON { try text?.write(json()) }
        guard picture != nil || !isJSON else { return }
        let counts = FoldedProfile.counts(stacks)
        if let text, !isJSON { try FoldedProfile.write(counts) { try text.write($0) } }
        if let picture { try FlameGraph(options).write(counts) { try picture.write($0) } }
    }
}
