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
            if let owner = stack.owner { append(owner.command, replacingSpaces: true, to: &bytes) }
            for (index, frame) in stack.frames.enumerated() {
                if index > 0 || stack.owner != nil { bytes.append(UInt8(ascii: ";")) }
                append(frame, replacingSpaces: false, to: &bytes)
            }
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

    /// What would end a frame or a line becomes something else.
    private static func append(_ text: String, replacingSpaces: Bool, to bytes: inout [UInt8]) {
        func replacement(_ byte: UInt8) -> UInt8 {
            switch byte {
            case UInt8(ascii: ";"): UInt8(ascii: ":")
            case 0..<0x20, 0x7f: UInt8(ascii: "?")
            case UInt8(ascii: " ") where replacingSpaces: UInt8(ascii: "_")
            default: byte
            }
        }
        let start = bytes.count
        bytes.append(contentsOf: text.utf8)
        for at in start..<bytes.count where replacement(bytes[at]) != bytes[at] {
            bytes[at] = replacement(bytes[at])
        }
    }
}
