// SPDX-License-Identifier: Apache-2.0

/// Folds the text of `perf script`, line by line, as stackcollapse-perf.pl does.
///
/// Names of commands and frames are numbered, a sample is the numbers of its
/// frames. Memory grows with different stacks only: what a line was read as is
/// kept, since the same lines come again and again, but not beyond a bound.
struct PerfScript: Sendable {
    /// Complete samples that counted.
    private(set) var sampleCount = 0
    /// Samples of events that did not.
    private(set) var otherSampleCount = 0
    private(set) var skipped = SkippedLines()
    /// The event that counts: the one asked for, or the first one that came.
    private(set) var event: [UInt8]?

    private let options: FoldOptions
    private var names = ByteTable()
    private var frames: (plain: FrameCache, java: FrameCache)
    private var samples = StackCounts()
    /// The sample being read: the command's name, then frames from the innermost one on.
    private var sample: [UInt32] = []
    private var period: UInt64 = 1
    private var isJava = false
    private var commandText: [UInt8] = []

    /// Frames of one sample; further ones are skipped. perf's own limit is a thousandth of it.
    static let mostFrames = 1 << 20

    init(_ options: FoldOptions) {
        self.options = options
        event = options.event.flatMap { $0.isEmpty ? nil : Array($0.utf8) }
        frames = (
            FrameCache(FrameText(options: options, isJava: false)),
            FrameCache(FrameText(options: options, isJava: true))
        )
    }

    /// Whether a sample has begun that no blank line has ended.
    var isInSample: Bool { !sample.isEmpty }

    /// One line without its newline.
    @inline(__always)
    mutating func take(_ line: UnsafeRawBufferPointer, number: Int) {
        guard let first = line.first, first != UInt8(ascii: "\r") || line.count > 1 else {
            return endSample()
        }
        if first.isSpace {
            takeFrame(line, number)
        } else if first != UInt8(ascii: "#") {
            if let event = EventLine(line.bytes) {
                begin(event, line.bytes)
            } else {
                takeFrame(line, number)
            }
        }
    }

    private mutating func begin(_ header: EventLine, _ line: RawSpan) {
        if let found = header.event {
            let name = line.extracting(found.name)
            let counts = name.withUnsafeBytes { name in
                if event == nil { event = Array(name) }
                return event!.withUnsafeBytes { $0.equals(name) }
            }
            // A sample in progress goes on, as if this line were not there.
            guard counts else { return otherSampleCount += 1 }
        }
        period = header.event?.period ?? 1
        commandText.removeAll(keepingCapacity: true)
        append(line.extracting(header.command))
        if options.pid || options.tid {
            commandText.append(UInt8(ascii: "-"))
            if let process = header.process {
                append(line.extracting(process))
            } else {
                commandText += "?".utf8
            }
        }
        if options.tid {
            commandText.append(UInt8(ascii: "/"))
            append(line.extracting(header.thread))
        }
        isJava = commandText.span.bytes.starts(with: "java")
        let name = commandText.withUnsafeBytes { UInt32(names.intern($0).index) }
        if sample.isEmpty { sample.append(name) } else { sample[0] = name }
    }

    /// Blanks in a command's name become underscores.
    private mutating func append(_ part: RawSpan) {
        for at in 0..<part.byteCount {
            let byte = part.byte(at: at)
            commandText.append(byte == UInt8(ascii: " ") ? UInt8(ascii: "_") : byte)
        }
    }

    @inline(__always)
    private mutating func takeFrame(_ line: UnsafeRawBufferPointer, _ number: Int) {
        guard isInSample else {
            // Of an event that does not count, or before the first.
            if FrameLine(line.bytes) == nil { skipped.add(line: number) }
            return
        }
        let frame = isJava ? frames.java.read(line, names: &names) : frames.plain.read(line, names: &names)
        switch frame {
        case FrameCache.notUnderstood: skipped.add(line: number)
        case FrameCache.noFrame: break
        case _ where sample.count > Self.mostFrames: skipped.add(line: number)
        default: sample.append(frame)
        }
    }

    private mutating func endSample() {
        guard isInSample else { return }
        sampleCount += 1
        _ = sample.withUnsafeBytes { samples.add(StackCount(period), to: $0) }
        sample.removeAll(keepingCapacity: true)
    }

    /// The stacks so far, outermost frame first; a sample that no blank line ended is none.
    func stacks() -> StackCounts {
        var stacks = StackCounts()
        var text: [UInt8] = []
        for index in 0..<samples.count {
            text.removeAll(keepingCapacity: true)
            samples.withStack(index) { append($0, to: &text) }
            // Different samples can have one text, as with a semicolon in a command's name.
            stacks.add(samples[index], to: text.span.bytes)
        }
        return stacks
    }

    /// The names of a sample's numbers: the command's, then the frames' from the outermost one on.
    private func append(_ sample: RawSpan, to text: inout [UInt8]) {
        let size = MemoryLayout<UInt32>.size
        let innermostLast = stride(from: sample.byteCount - size, to: 0, by: -size)
        for offset in CollectionOfOne(0) + Array(innermostLast) {
            if offset > 0 { text.append(UInt8(ascii: ";")) }
            // A multiple of the size below the count; any bits are a number, and these are of `names`.
            let number = sample.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
            names.withKey(Int(number)) { text += $0 }
        }
    }
}
