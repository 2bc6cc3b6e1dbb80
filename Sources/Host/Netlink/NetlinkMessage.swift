// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A message of the kernel, as netlink packs it: a header, then a fixed part and attributes that
/// depend on its type (`struct nlmsghdr`, include/uapi/linux/netlink.h).
struct NetlinkMessage {
    let type: UInt16
    let sequence: UInt32
    /// What follows the header.
    let body: ArraySlice<UInt8>

    private static let headerSize = 16

    /// A list is at its end.
    var isLast: Bool { type == UInt16(NLMSG_DONE) }

    var isAcknowledgement: Bool { type == UInt16(NLMSG_ERROR) }

    /// The errno that the kernel answers with (`struct nlmsgerr`). `nil`: it does not fail.
    var failure: Int32? {
        guard isAcknowledgement else { return nil }
        let code: Int32 = body.integer(at: 0) ?? -EPROTO
        return code == 0 ? nil : code == .min ? EPROTO : abs(code)
    }

    /// Those in a datagram, up to the first that is not whole.
    static func all(in datagram: [UInt8]) -> [NetlinkMessage] {
        var messages: [NetlinkMessage] = []
        var rest = datagram[...]
        while let length: UInt32 = rest.integer(at: 0), let type: UInt16 = rest.integer(at: 4),
            let sequence: UInt32 = rest.integer(at: 8), length >= headerSize, length <= rest.count
        {
            let body = rest.dropFirst(headerSize).prefix(Int(length) - headerSize)
            messages.append(NetlinkMessage(type: type, sequence: sequence, body: body))
            rest = rest.dropFirst(padded(Int(length)))
        }
        return messages
    }

    /// Every part begins at a multiple of four bytes (`NLMSG_ALIGNTO`, `NLA_ALIGNTO`).
    fileprivate static func padded(_ length: Int) -> Int { (length + 3) & ~3 }
}

/// Attributes one behind the other (`struct nlattr`): length, type, value, padding.
struct NetlinkAttributes {
    /// In their order; types without their flags.
    private(set) var all: [(type: UInt16, value: ArraySlice<UInt8>)] = []

    private static let headerSize = 4
    /// The others are flags (`NLA_TYPE_MASK`).
    private static let typeMask: UInt16 = 0x3fff

    /// - Parameter bytes: what is not whole ends them; `nil`: none.
    init(_ bytes: ArraySlice<UInt8>?) {
        var rest = bytes ?? []
        while let length: UInt16 = rest.integer(at: 0), let type: UInt16 = rest.integer(at: 2),
            length >= Self.headerSize, length <= rest.count
        {
            let value = rest.dropFirst(Self.headerSize).prefix(Int(length) - Self.headerSize)
            all.append((type & Self.typeMask, value))
            rest = rest.dropFirst(NetlinkMessage.padded(Int(length)))
        }
    }

    /// Of several of one type the last.
    subscript(number: Int) -> ArraySlice<UInt8>? { all.last { $0.type == number }?.value }

    /// By the kernel's name, whichever enumeration it is of.
    subscript<Name: RawRepresentable>(name: Name) -> ArraySlice<UInt8>? where Name.RawValue == UInt32 {
        self[Int(name.rawValue)]
    }

    /// One that holds others.
    func nested(_ number: Int) -> NetlinkAttributes? { self[number].map { NetlinkAttributes($0) } }

    func text(_ number: Int) -> String? { self[number]?.textToZero }

    func integer<Value: FixedWidthInteger>(_ number: Int, at offset: Int = 0) -> Value? {
        self[number]?.integer(at: offset)
    }
}

extension ArraySlice<UInt8> {
    /// In the byte order of the machine; `nil`: there are too few bytes.
    func integer<Value: FixedWidthInteger>(at offset: Int) -> Value? {
        let size = MemoryLayout<Value>.size
        guard offset >= 0, offset <= count - size else { return nil }
        let bytes = self[(startIndex + offset)..<(startIndex + offset + size)]
        let value = bytes.reversed().reduce(0 as Value) { $0 << 8 | Value(truncatingIfNeeded: $1) }
        return Value(littleEndian: 1) == 1 ? value : value.byteSwapped
    }

    /// A number that begins here and is as on the wire; nf_tables' attributes are.
    func bigEndian<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
        integer(at: 0).map { Value(bigEndian: $0) }
    }

    /// Up to the first zero byte.
    var textToZero: String { String(decoding: prefix { $0 != 0 }, as: UTF8.self) }
}
