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
            // One space parts a stack from its count.
            if bytes.last == space { bytes[bytes.count - 1] = underscore }
            counts.add(StackCount(stack.count), to: bytes.span.bytes)
        }
        return counts
    }

    private static let space = UInt8(ascii: " ")
    private static let underscore = UInt8(ascii: "_")
}
