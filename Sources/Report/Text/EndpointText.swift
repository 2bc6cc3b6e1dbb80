// SPDX-License-Identifier: Apache-2.0
import Model

/// An address and a port as people write them.
enum EndpointText {
    /// "127.0.0.1:9000", "[::1]:80"
    static func of(_ address: IPAddress, _ port: UInt16) -> String {
        address.family == .ipv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
    }

    /// The cell of a table: the port stays when it is narrowed.
    static func cell(_ endpoint: String) -> TextTable.Cell {
        let port = endpoint.utf8.lastIndex(of: UInt8(ascii: ":"))
        return TextTable.Cell(endpoint, ending: port.map { endpoint[$0...].count } ?? 0)
    }
}
