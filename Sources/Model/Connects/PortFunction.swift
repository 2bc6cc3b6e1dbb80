// SPDX-License-Identifier: Apache-2.0

/// The kernel's functions that allocate an ephemeral port, callers before what they call.
public enum PortFunction: String, Sendable, Hashable, CaseIterable {
    case tcp4Connect = "tcp_v4_connect"
    case tcp6Connect = "tcp_v6_connect"
    case hashConnect4 = "inet_hash_connect"
    case hashConnect6 = "inet6_hash_connect"
    case hashConnect = "__inet_hash_connect"
    case checkEstablished4 = "__inet_check_established"
    case checkEstablished6 = "__inet6_check_established"
    /// bind(); to port 0 it searches.
    case getPort = "inet_csk_get_port"

    /// The one that a name stands for, also of its parts that the compiler split off
    /// or changed: "__inet_hash_connect.isra.0", "….cold".
    public init?(_ name: FunctionName) {
        guard name.isKernel, let symbol = name.symbol else { return nil }
        let end = symbol.utf8.firstIndex(of: UInt8(ascii: ".")) ?? symbol.endIndex
        self.init(rawValue: String(symbol[..<end]))
    }

    /// Whether all that runs in it is a search for a port.
    public var isSearch: Bool {
        switch self {
        case .hashConnect4, .hashConnect6, .hashConnect, .getPort: true
        case .tcp4Connect, .tcp6Connect, .checkEstablished4, .checkEstablished6: false
        }
    }

    /// How many of the others it is called through.
    public var depth: Int {
        switch self {
        case .tcp4Connect, .tcp6Connect, .getPort: 0
        case .hashConnect4, .hashConnect6: 1
        case .hashConnect: 2
        case .checkEstablished4, .checkEstablished6: 3
        }
    }
}
