// SPDX-License-Identifier: Apache-2.0

/// Writes what a frame looks like in a folded stack: without offset and
/// arguments, without semicolons, with the annotations that were asked for.
struct FrameText {
    let options: FoldOptions
    /// Signatures of Java's virtual machine lose the `L` in front of a class.
    let isJava: Bool

    /// Appends the frame's text; several frames, outermost first, where perf tells what was inlined.
    /// `false` if the line stands for no frame at all.
    func append(_ frame: FrameLine, of line: RawSpan, to text: inout [UInt8]) -> Bool {
        let whole = line.extracting(frame.function)
        let function = whole.extracting(0..<Self.endWithoutOffset(whole))
        // What perf writes in parentheses is the process's name.
        guard !function.has("(", at: 0) else { return false }
        let module = line.extracting(frame.module)
        if isPlain(function) {
            let start = text.count
            function.withUnsafeBytes { text += $0 }
            annotate(&text, from: start, module, isInlined: false)
            return true
        }
        var parts = Self.parts(of: function)
        while parts.last?.isEmpty == true { parts.removeLast() }
        for (depth, part) in parts.enumerated() {
            if depth > 0 { text.append(UInt8(ascii: ";")) }
            let start = text.count
            let name = function.extracting(part)
            if name.equals("[unknown]") {
                text += tidy(unknown(module, address: line.extracting(frame.address)).span.bytes)
            } else {
                text += tidy(name)
            }
            annotate(&text, from: start, module, isInlined: depth > 0)
        }
        return !parts.isEmpty
    }

    /// Nothing in it that the rest of this looks for, as in nearly all.
    private func isPlain(_ function: RawSpan) -> Bool {
        guard function.byteCount > 0, !isJava else { return false }
        for at in 0..<function.byteCount {
            switch function.byte(at: at) {
            case UInt8(ascii: ";"), UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: ">"): return false
            case UInt8(ascii: "\""), UInt8(ascii: "'"): return false
            default: break
            }
        }
        return true
    }

    /// Linux 4.8 and later append `+0x1f`.
    private static func endWithoutOffset(_ function: RawSpan) -> Int {
        let digits = function.start(from: function.byteCount, while: \.isHex)
        let hasOffset = digits < function.byteCount && function.extracting(0..<digits).ends(with: "+0x")
        return hasOffset ? digits - 3 : function.byteCount
    }

    /// `outer->inner` in its parts.
    private static func parts(of function: RawSpan) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var start = 0
        while let arrow = function.first("->", from: start) {
            parts.append(start..<arrow)
            start = arrow + 2
        }
        parts.append(start..<function.byteCount)
        return parts
    }

    /// The module's file name in brackets in place of a symbol.
    private func unknown(_ module: RawSpan, address: RawSpan) -> [UInt8] {
        var text = Array("[".utf8)
        if module.equals("[unknown]") {
            text += "unknown".utf8
        } else {
            let name = module.start(from: module.byteCount) { $0 != UInt8(ascii: "/") }
            text += module.extracting(name..<module.byteCount).array
        }
        if options.addresses { text += Array(" <".utf8) + address.array + Array(">".utf8) }
        return text + "]".utf8
    }

    private func tidy(_ name: RawSpan) -> [UInt8] {
        var end = name.byteCount
        // Of a Go method like "net/http.(*Client).Do" the parentheses are a part.
        let isGoMethod =
            name.first(".(").map { name.last(").", before: name.byteCount) ?? 0 >= $0 + 2 } ?? false
        if !isGoMethod {
            end =
                (0..<end).first { at in
                    name.has("(", at: at)
                        && !name.extracting(at..<name.byteCount).starts(with: "(anonymous namespace)")
                } ?? end
        }
        var text: [UInt8] = []
        for at in 0..<end {
            switch name.byte(at: at) {
            case UInt8(ascii: ";"): text.append(UInt8(ascii: ":"))
            case UInt8(ascii: "\""), UInt8(ascii: "'"): break
            case let byte: text.append(byte)
            }
        }
        if isJava, text.first == UInt8(ascii: "L"), text.contains(UInt8(ascii: "/")) { text.removeFirst() }
        return text
    }

    private func annotate(_ text: inout [UInt8], from start: Int, _ module: RawSpan, isInlined: Bool) {
        func append(_ mark: StaticString) {
            text.append(contentsOf: UnsafeBufferPointer(start: mark.utf8Start, count: mark.utf8CodeUnitCount))
        }
        func has(_ mark: StaticString) -> Bool { text.span.bytes.first(mark, from: start) != nil }
        guard isInlined || options.kernel || options.jit else { return }
        let isKernel = module.has("[", at: 0) || module.ends(with: "vmlinux")
        if isInlined {
            if !has("_[i]") { append("_[i]") }
        } else if options.kernel, isKernel, module.first("unknown") == nil {
            append("_[k]")
        } else if options.jit, Self.isMapOfJIT(module), !has("_[j]") {
            append("_[j]")
        }
    }

    /// `/tmp/perf-PID.map`, wherever it stands.
    private static func isMapOfJIT(_ module: RawSpan) -> Bool {
        var from = 0
        while let start = module.first("/tmp/perf-", from: from) {
            let digits = start + 10
            let end = module.end(from: digits, while: \.isDigit)
            if end > digits, module.extracting(end..<module.byteCount).starts(with: ".map") { return true }
            from = start + 1
        }
        return false
    }
}

extension RawSpan {
    fileprivate var array: [UInt8] { withUnsafeBytes { Array($0) } }
}
