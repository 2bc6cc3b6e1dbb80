// SPDX-License-Identifier: Apache-2.0

/// Why a text is not an address or block of addresses.
public struct AddressError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was given.
    public let text: String
    /// What is wrong with it.
    public let reason: String

    public init(text: String, reason: String) {
        self.text = text
        self.reason = reason
    }

    public var description: String { "'\(text)' is not an address: \(reason)" }
}

extension IPAddress {
    /// Reads a dotted quad or any form of IPv6 address that RFC 4291 allows.
    /// An IPv4-mapped address becomes the IPv4 address that it means.
    public init(parsing text: String) throws(AddressError) {
        do throws(Malformed) {
            self = try Self.parse(text.utf8[...]).unmapped
        } catch {
            throw AddressError(text: text, reason: error.reason)
        }
    }

    /// `nil` where `init(parsing:)` throws.
    public init?(_ text: String) {
        guard let address = try? IPAddress(parsing: text) else { return nil }
        self = address
    }

    struct Malformed: Error {
        var reason: String
        init(_ reason: String) { self.reason = reason }
    }

    typealias Text = Substring.UTF8View

    /// A mapped address stays IPv6 here, so that a block can check its prefix.
    static func parse(_ text: Text) throws(Malformed) -> IPAddress {
        if text.isEmpty { throw Malformed("it is empty") }
        if text.contains(UInt8(ascii: "%")) {
            throw Malformed("a zone (after '%') has no meaning here")
        }
        if text.contains(UInt8(ascii: ":")) { return IPAddress(groups: try groups(of: text)) }
        let quad = try octets(of: text)
        return IPAddress(quad[0], quad[1], quad[2], quad[3])
    }

    private static func octets(of text: Text) throws(Malformed) -> [UInt8] {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        var octets: [UInt8] = []
        for part in parts {
            let isNumber = !part.isEmpty && part.allSatisfy { isDigit($0) }
            guard isNumber else {
                throw Malformed("expected four numbers like 192.0.2.1, or IPv6")
            }
            if part.count > 1, part.first == UInt8(ascii: "0") {
                throw Malformed("'\(Substring(part))' has a leading zero")
            }
            guard part.count <= 3, let octet = UInt8(Substring(part)) else {
                throw Malformed("'\(Substring(part))' is above 255")
            }
            octets.append(octet)
        }
        guard octets.count == 4 else {
            throw Malformed("IPv4 has four numbers, this has \(octets.count)")
        }
        return octets
    }

    /// The eight groups of an IPv6 text, `::` filled with zeros.
    private static func groups(of text: Text) throws(Malformed) -> [UInt16] {
        guard let gap = firstDoubleColon(in: text) else {
            let groups = try plainGroups(of: text)
            guard groups.count == 8 else {
                throw Malformed("IPv6 has eight groups, this has \(groups.count)")
            }
            return groups
        }
        let after = text[text.index(gap, offsetBy: 2)...]
        if after.first == UInt8(ascii: ":") { throw Malformed("':::' is not allowed") }
        if firstDoubleColon(in: after) != nil { throw Malformed("'::' may occur only once") }
        let before = text[..<gap]
        let head = before.isEmpty ? [] : try plainGroups(of: before, mayEndInQuad: false)
        let tail = after.isEmpty ? [] : try plainGroups(of: after)
        let zeros = 8 - head.count - tail.count
        guard zeros >= 1 else { throw Malformed("'::' leaves too many groups") }
        return head + Array(repeating: 0, count: zeros) + tail
    }

    private static func firstDoubleColon(in text: Text) -> Text.Index? {
        var previousIsColon = false
        for index in text.indices {
            let isColon = text[index] == UInt8(ascii: ":")
            if isColon, previousIsColon { return text.index(before: index) }
            previousIsColon = isColon
        }
        return nil
    }

    private static func plainGroups(
        of text: Text, mayEndInQuad: Bool = true
    ) throws(Malformed) -> [UInt16] {
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if part.contains(UInt8(ascii: ".")), mayEndInQuad, index == parts.count - 1 {
                let quad = try octets(of: part).map { UInt16($0) }
                groups += [quad[0] << 8 | quad[1], quad[2] << 8 | quad[3]]
                continue
            }
            let isHex = part.allSatisfy { isDigit($0) || (0x61...0x66).contains($0 | 0x20) }
            guard isHex, (1...4).contains(part.count),
                let group = UInt16(Substring(part), radix: 16)
            else {
                throw Malformed("'\(Substring(part))' is not a group of one to four hex digits")
            }
            groups.append(group)
        }
        return groups
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
