// SPDX-License-Identifier: Apache-2.0
import Model

extension EndpointText {
    /// The cell of a table: the port stays when it is narrowed.
    static func cell(_ endpoint: String) -> TextTable.Cell {
        let port = endpoint.utf8.lastIndex(of: UInt8(ascii: ":"))
        return TextTable.Cell(endpoint, ending: port.map { endpoint[$0...].count } ?? 0)
    }
}
