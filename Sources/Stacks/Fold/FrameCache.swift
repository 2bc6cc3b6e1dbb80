// SPDX-License-Identifier: Apache-2.0

/// What lines of call chains were read as, so that each is read once.
struct FrameCache: Sendable {
    /// In place of a name's number.
    static let notUnderstood = UInt32.max
    static let noFrame = UInt32.max - 1

    /// More bytes of lines are not kept: reading them again is cheap.
    static let mostBytes = 16 << 20

    private let format: FrameText
    private var lines = ByteTable()
    /// The number of a name for each of `lines`.
    private var frames: [UInt32] = []
    private var text: [UInt8] = []

    init(_ format: FrameText) {
        self.format = format
    }

    /// The number in `names` of what the line looks like in a folded stack.
    @inline(__always)
    mutating func read(_ line: UnsafeRawBufferPointer, names: inout ByteTable) -> UInt32 {
        let (index, isNew) = lines.intern(line)
        return isNew ? readNew(line, names: &names) : frames[index]
    }

    private mutating func readNew(_ line: UnsafeRawBufferPointer, names: inout ByteTable) -> UInt32 {
        var number = Self.notUnderstood
        if let frame = FrameLine(line.bytes) {
            text.removeAll(keepingCapacity: true)
            let isFrame = format.append(frame, of: line.bytes, to: &text)
            number = isFrame ? text.withUnsafeBytes { UInt32(names.intern($0).index) } : Self.noFrame
        }
        frames.append(number)
        if lines.bytes.count > Self.mostBytes {
            lines.removeAll()
            frames.removeAll(keepingCapacity: true)
        }
        return number
    }
}
