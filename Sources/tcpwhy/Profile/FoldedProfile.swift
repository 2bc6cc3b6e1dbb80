// SPDX-License-Identifier: Apache-2.0
import Model
import Stacks

/// Named stacks as folded ones: "nginx;main;…;tcp_v4_connect_[k] 12".
enum FoldedProfile {
    static func counts(_ stacks: [NamedStack]) -> StackCounts {
        var counts = StackCounts()
        var bytes: [UInt8] = []
        for stack in stacks {
            bytes.removeAll(keepingCapacity: true)
            if let owner = stack.owner {
                let name = Printable.frame(owner.command)
                bytes.append(contentsOf: name.utf8.lazy.map { $0 == space ? underscore : $0 })
            }
            for (index, frame) in stack.frames.enumerated() {
                if index > 0 || stack.owner != nil { bytes.append(UInt8(ascii: ";")) }
                bytes.append(contentsOf: Printable.frame(frame).utf8)
            }
            endInNoNumber(&bytes)
            counts.add(StackCount(stack.count), to: bytes.span.bytes)
        }
        return counts
    }

    static func write(_ counts: StackCounts, to sink: ([UInt8]) throws -> Void) throws {
        var output: [UInt8] = []
        try counts.forEachSorted { stack, count in
            stack.withUnsafeBytes { output.append(contentsOf: $0) }
            output.append(contentsOf: " \(count.whole)\n".utf8)
            if output.count > 1 << 16 {
                try sink(output)
                output.removeAll(keepingCapacity: true)
            }
        }
        try sink(output)
    }

    private static let space = UInt8(ascii: " ")
    private static let underscore = UInt8(ascii: "_")

    /// One space parts a stack from its count: a frame that ends in a space, or in one and a number, would be
    /// read as something else.
    private static func endInNoNumber(_ bytes: inout [UInt8]) {
        let point = UInt8(ascii: ".")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard let end = bytes.lastIndex(where: { !digits.contains($0) && $0 != point }), bytes[end] == space
        else { return }
        bytes[end] = underscore
    }
}
