// SPDX-License-Identifier: Apache-2.0

/// What is asked of the process that reads symbols, and what it says. Each request has a reply, in
/// order; all lengths are bounded on both sides, and neither believes the other's.
enum SymbolMessage {
    /// The first byte of a request and of its reply.
    enum Kind: UInt8 {
        /// The host's root directory comes with it.
        case begin
        /// A program or a library, to be read.
        case load
        /// Functions in one that was loaded.
        case names
        /// Functions of a process's just-in-time compiler.
        case jit
    }

    enum Status: UInt8 {
        case done
        /// Not there, or not what it should be.
        case unreadable
        /// Not loaded, or given up for others since.
        case unknown
    }

    /// What is in one place.
    enum Answer: UInt8 {
        /// No segment of the file has it.
        case nowhere
        /// In no function; its address follows.
        case unnamed
        /// The function's start and name follow.
        case named
    }

    /// What comes with a request.
    enum Files {
        static let program: UInt8 = 1
        static let root: UInt8 = 2
    }

    /// What else there is to say of a file that was read.
    enum Remarks {
        /// Its debug file is too large for a checksum of it all.
        static let unchecked: UInt8 = 1
        /// It is longer than what is read of such a file.
        static let cut: UInt8 = 2
    }

    /// Bytes.
    static let longest = 1 << 16
    /// Places in one request.
    static let mostPlaces = 256
    /// Bytes of a name; what is longer is cut off.
    static let longestName = 1024
    static let longestPath = 4096
    /// The module that is the kernel's page in every process.
    static let vdso: UInt32 = 0
}

struct MessageWriter {
    private(set) var bytes: [UInt8] = []

    init(_ kind: SymbolMessage.Kind) {
        bytes.append(kind.rawValue)
    }

    mutating func put(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }

    mutating func put(text: some Collection<UInt8>) {
        put(UInt16(truncatingIfNeeded: text.count))
        bytes.append(contentsOf: text.prefix(Int(UInt16.max)))
    }

    /// What was put in advance of what it counts.
    mutating func replace(at position: Int, _ value: UInt16) {
        withUnsafeBytes(of: value) { bytes.replaceSubrange(position..<(position + 2), with: $0) }
    }
}

/// Reads what the other side wrote; `nil` where there is less than that.
struct MessageReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    mutating func kind() -> SymbolMessage.Kind? { number(UInt8.self).flatMap(SymbolMessage.Kind.init) }

    mutating func status() -> SymbolMessage.Status? { number(UInt8.self).flatMap(SymbolMessage.Status.init) }

    mutating func number<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
        let size = MemoryLayout<Number>.size
        guard rest.count >= size else { return nil }
        defer { rest = rest.dropFirst(size) }
        return rest.withUnsafeBytes { $0.loadUnaligned(as: Number.self) }
    }

    mutating func text() -> ArraySlice<UInt8>? {
        guard let count = number(UInt16.self).map(Int.init), rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    var isAtEnd: Bool { rest.isEmpty }
}
