// SPDX-License-Identifier: Apache-2.0

/// An address and a port as people write them.
package enum EndpointText {
    /// "127.0.0.1:9000", "[::1]:80"
    package static func of(_ address: IPAddress, _ port: UInt16) -> String {
        address.family == .ipv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}
