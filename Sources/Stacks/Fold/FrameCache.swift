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
        if let known = lines.index(of: line) { return frames[known] }
        return readNew(line, names: &names)
    }

    private mutating func readNew(_ line: UnsafeRawBufferPointer, names: inout ByteTable) -> UInt32 {
        guard let frame = FrameLine(line.bytes) else { return Self.notUnderstood }
        text.removeAll(keepingCapacity: true)
        var number = Self.noFrame
        if format.append(frame, of: line.bytes, to: &text) {
            number = text.withUnsafeBytes { UInt32(names.intern($0).index) }
        }
        if lines.bytes.count + line.count > Self.mostBytes {
            lines.removeAll()
            frames.removeAll()
        }
        _ = lines.intern(line)
        frames.append(number)
        return number
    }
}
