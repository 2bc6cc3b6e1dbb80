// SPDX-License-Identifier: Apache-2.0

import Seeded

@testable import Stacks

/// Stacks and pictures for the tests.
enum FlameSample {
    static func stacks(_ lines: KeyValuePairs<String, UInt64>) -> StackCounts {
        var stacks = StackCounts()
        for (stack, count) in lines { stacks.add(stack, count) }
        return stacks
    }

    static func difference(_ lines: KeyValuePairs<String, (UInt64, UInt64)>) -> StackDifference {
        var difference = StackDifference()
        for (stack, (first, second)) in lines {
            difference.add(
                first: StackCount(first), second: StackCount(second), to: Array(stack.utf8).span.bytes)
        }
        return difference
    }

    /// Stacks that share callers, with names that sort before and after the semicolon.
    static func random(_ count: Int, seed: UInt64) -> StackCounts {
        var random = SeededGenerator(seed: seed)
        let names = ["a", "b", "a-b", "a(", "main", "é", "", "z_[k]", "longer than eight bytes", "0"]
        var stacks = StackCounts()
        for _ in 0..<count {
            let depth = Int.random(in: 0...8, using: &random)
            let frames = (0..<depth).map { _ in names.randomElement(using: &random)! }
            stacks.add(frames.joined(separator: ";"), UInt64.random(in: 0...20, using: &random))
        }
        return stacks
    }

    static func name(_ text: String) -> FrameName { FrameName(Array(text.utf8).span.bytes) }

    static func svg(_ stacks: StackCounts, _ change: (inout FlameOptions) -> Void = { _ in }) -> String {
        var options = FlameOptions()
        change(&options)
        var bytes: [UInt8] = []
        FlameGraph(options).write(stacks) { $0.withUnsafeBytes { bytes += $0 } }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func svg(
        _ difference: StackDifference, _ change: (inout FlameOptions) -> Void = { _ in }
    ) -> String {
        var options = FlameOptions()
        change(&options)
        var bytes: [UInt8] = []
        FlameGraph(options).write(difference) { $0.withUnsafeBytes { bytes += $0 } }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension FlameInput {
    /// The name of the frame with this number.
    func name(_ frame: UInt32) -> String {
        stacks.withName(frame) { $0.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
    }

    /// Every stack as a folded line with the count, or with the one before and the one after; sorted.
    var lines: [String] {
        counts.indices.map { index in
            let frames = stacks.withFrames(index) { $0.map(name).joined(separator: ";") }
            return frames + (before.map { " \($0[index])" } ?? "") + " \(counts[index])"
        }.sorted()
    }
}

extension String {
    /// The titles of all frames.
    var frameTitles: [String] {
        split(separator: "\n").filter { $0.hasPrefix("<g class=") }
            .compactMap { $0.firstMatch(of: /<title>(.*)<\/title><rect/).map { String($0.1) } }
    }

    /// The class of the frame with this name, which says its colour.
    func colour(of name: String) -> String? {
        split(separator: "\n").first { $0.contains("<title>\(name) (") }
            .flatMap { $0.firstMatch(of: /<g class="(\w+)"/).map { String($0.1) } }
    }
}
