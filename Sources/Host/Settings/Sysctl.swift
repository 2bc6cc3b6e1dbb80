// SPDX-License-Identifier: Apache-2.0
import Glibc
import Model

/// Kernel settings; those under `net` are the calling thread's namespace's.
public enum Sysctl {
    /// - Parameter name: "net.ipv4.tcp_tw_reuse"
    public static func text(_ name: String) throws(HostError) -> String {
        let path = "/proc/sys/" + String(decoding: name.utf8.map(Self.pathByte), as: UTF8.self)
        let text = try readText(path)
        return text.last == "\n" ? String(text.dropLast()) : text
    }

    private static func pathByte(_ byte: UInt8) -> UInt8 {
        byte == UInt8(ascii: ".") ? UInt8(ascii: "/") : byte
    }

    public static func integer(_ name: String) throws(HostError) -> Int {
        let text = try text(name)
        guard let value = Int(text) else {
            throw HostError("read \(name)", detail: "\"\(text)\" is not a number")
        }
        return value
    }

    /// The same; `nil`: this kernel has no such setting.
    public static func integerIfThere(_ name: String) throws(HostError) -> Int? {
        do throws(HostError) { return try integer(name) } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
    }

    /// `net.ipv4.ip_local_port_range`, which IPv6 uses as well.
    public static func localPortRange() throws(HostError) -> ClosedRange<UInt16> {
        let name = "net.ipv4.ip_local_port_range"
        let text = try text(name)
        guard let range = portRange(parsing: text) else {
            throw HostError("read \(name)", detail: "\"\(text)\" is not a range of ports")
        }
        return range
    }

    /// `net.ipv4.ip_local_reserved_ports`, in order.
    public static func reservedPorts() throws(HostError) -> [ClosedRange<UInt16>] {
        let name = "net.ipv4.ip_local_reserved_ports"
        let text = try text(name)
        guard let ranges = portRanges(parsing: text) else {
            throw HostError("read \(name)", detail: "\"\(text)\" is not a list of ports")
        }
        return ranges
    }

    // MARK: Parsers

    /// "32768\t60999"
    public static func portRange(parsing text: String) -> ClosedRange<UInt16>? {
        let parts = text.split { $0 == "\t" || $0 == " " || $0 == "\n" }
        guard parts.count == 2, let low = UInt16(parts[0]), let high = UInt16(parts[1]), low <= high
        else { return nil }
        return low...high
    }

    /// "8080,9148-9150", and "" for none.
    public static func portRanges(parsing text: String) -> [ClosedRange<UInt16>]? {
        PortList(parsing: text)?.ranges
    }
}
