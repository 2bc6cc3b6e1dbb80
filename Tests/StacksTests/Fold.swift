// SPDX-License-Identifier: Apache-2.0
@testable import Stacks

/// Folds a text that is there as a whole.
func fold(_ text: String, _ change: (inout FoldOptions) -> Void = { _ in }) -> FoldedStacks {
    fold(Array(text.utf8), change)
}

func fold(_ text: [UInt8], _ change: (inout FoldOptions) -> Void = { _ in }) -> FoldedStacks {
    var options = FoldOptions()
    change(&options)
    var folding = Folding(options)
    folding.take(text.span.bytes, firstLine: 1)
    return folding.result()
}

extension FoldedStacks {
    /// What is written, by line.
    var lines: [String] {
        var text: [UInt8] = []
        write { text += $0 }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
