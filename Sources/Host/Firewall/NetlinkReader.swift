// SPDX-License-Identifier: Apache-2.0
import CLinux

/// Numbers and attributes of netlink messages. What is too short ends the reading: nothing is
/// read beyond what was received, whatever a length says.
enum NetlinkBytes {
    /// A number of the machine's byte order.
    static func native<Number: FixedWidthInteger>(
        _ type: Number.Type, _ bytes: ArraySlice<UInt8>, at offset: Int = 0
    ) -> Number? {
        let size = MemoryLayout<Number>.size
        guard offset >= 0, bytes.count >= size, offset <= bytes.count - size else { return nil }
        var number: Number = 0
        withUnsafeMutableBytes(of: &number) {
            $0.copyBytes(from: bytes[(bytes.startIndex + offset)..<(bytes.startIndex + offset + size)])
        }
        return number
    }

    /// A number as it is on the wire: nf_tables' attributes are.
    static func big<Number: FixedWidthInteger>(
        _ type: Number.Type, _ bytes: ArraySlice<UInt8>?
    ) -> Number? {
        bytes.flatMap { native(type, $0) }.map { Number(bigEndian: $0) }
    }

    /// Up to the first zero.
    static func text(_ bytes: ArraySlice<UInt8>?) -> String? {
        bytes.map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

/// Attributes one behind the other (`struct nlattr`): length, type, value, padding to four bytes.
struct NetlinkAttributes: Sequence, IteratorProtocol {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// - Returns: the type without its flags (NLA_F_NESTED, NLA_F_NET_BYTEORDER).
    mutating func next() -> (type: UInt16, value: ArraySlice<UInt8>)? {
        guard let length = NetlinkBytes.native(UInt16.self, rest).map(Int.init), length >= 4,
            length <= rest.count, let type = NetlinkBytes.native(UInt16.self, rest, at: 2)
        else { return nil }
        let value = rest[(rest.startIndex + 4)..<(rest.startIndex + length)]
        rest = rest.dropFirst((length + 3) & ~3)
        return (type & 0x3fff, value)
    }

    /// By type; of two of one type the last.
    static func byType(_ bytes: ArraySlice<UInt8>?) -> [UInt16: ArraySlice<UInt8>] {
        guard let bytes else { return [:] }
        return Dictionary(NetlinkAttributes(bytes).map { ($0.type, $0.value) }) { $1 }
    }
}

/// Messages one behind the other (`struct nlmsghdr`), as one recv() gives them.
struct NetlinkMessages: Sequence, IteratorProtocol {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    mutating func next() -> (type: UInt16, body: ArraySlice<UInt8>)? {
        guard let length = NetlinkBytes.native(UInt32.self, rest).map(Int.init), length >= 16,
            length <= rest.count, let type = NetlinkBytes.native(UInt16.self, rest, at: 4)
        else { return nil }
        let body = rest[(rest.startIndex + 16)..<(rest.startIndex + length)]
        rest = rest.dropFirst((length + 3) & ~3)
        return (type, body)
    }
}
