// SPDX-License-Identifier: Apache-2.0
import CLinux
import Model

/// Follows a rule's expressions one by one, as nft_do_chain() runs them: what registers hold, what
/// they are compared with, and what becomes of a packet that gets to the end.
struct RuleReader {
    /// What a register was loaded with.
    private enum Content {
        case destinationPort, sourcePort, transport, family
    }

    private(set) var verdict: FirewallRule.Verdict?
    private(set) var destination = PortMatch.any
    private(set) var source = PortMatch.any
    private(set) var addressFamily: AddressFamily?
    private(set) var hasOtherConditions = false
    private(set) var packets: UInt64?
    private(set) var isNative = false
    /// It is about another protocol than TCP.
    private(set) var isForOthers = false

    private let table: FirewallFamily
    private var registers: [UInt32: Content] = [:]

    init(_ table: FirewallFamily) {
        self.table = table
    }

    private static let tcp: UInt64 = 6

    mutating func take(_ name: String, _ data: NetlinkAttributes) {
        switch name {
        case "meta": load(data[NFTA_META_DREG], meta(data))
        case "payload": load(data[NFTA_PAYLOAD_DREG], payload(data))
        case "cmp": compare(data)
        case "range": compareRange(data)
        case "counter": packets = data[NFTA_COUNTER_PACKETS]?.bigEndian(UInt64.self) ?? packets
        case "immediate": decide(data)
        case "reject": reject(data)
        case "target": target(data)
        case "lookup": lookUp(data)
        case "log", "notrack": break
        case "ct":
            isNative = true
            registers = [:]
        default:
            // "limit", "match", "bitwise" and whatever there will be: it may change what registers
            // hold, and let packets pass by.
            registers = [:]
            hasOtherConditions = true
        }
    }

    // MARK: Registers

    private mutating func load(_ register: ArraySlice<UInt8>?, _ content: Content?) {
        guard let register = register?.bigEndian(UInt32.self) else { return }
        registers[register] = content
    }

    private func meta(_ data: NetlinkAttributes) -> Content? {
        switch data[NFTA_META_KEY]?.bigEndian(UInt32.self) {
        case NFT_META_L4PROTO.rawValue: .transport
        case NFT_META_NFPROTO.rawValue: .family
        default: nil
        }
    }

    private func payload(_ data: NetlinkAttributes) -> Content? {
        let place = [NFTA_PAYLOAD_BASE, NFTA_PAYLOAD_OFFSET, NFTA_PAYLOAD_LEN].map {
            data[$0]?.bigEndian(UInt32.self)
        }
        return switch place {
        case [NFT_PAYLOAD_TRANSPORT_HEADER.rawValue, 0, 2]: .sourcePort
        case [NFT_PAYLOAD_TRANSPORT_HEADER.rawValue, 2, 2]: .destinationPort
        // IPv4's protocol, IPv6's next header.
        case [NFT_PAYLOAD_NETWORK_HEADER.rawValue, 9, 1] where table == .ip: .transport
        case [NFT_PAYLOAD_NETWORK_HEADER.rawValue, 6, 1] where table == .ip6: .transport
        default: nil
        }
    }

    // MARK: Conditions

    private mutating func compare(_ data: NetlinkAttributes) {
        let content = data[NFTA_CMP_SREG]?.bigEndian(UInt32.self).flatMap { registers[$0] }
        guard let content, let value = number(data[NFTA_CMP_DATA]),
            let operation = data[NFTA_CMP_OP]?.bigEndian(UInt32.self)
        else { return hasOtherConditions = true }
        switch content {
        case .destinationPort: restrict(\.destination, ports(operation, value))
        case .sourcePort: restrict(\.source, ports(operation, value))
        case .transport: restrictTransport(operation, value)
        case .family: restrictFamily(operation, value)
        }
    }

    private mutating func restrict(_ ports: WritableKeyPath<RuleReader, PortMatch>, _ match: PortMatch?) {
        guard let match else { return hasOtherConditions = true }
        self[keyPath: ports] = self[keyPath: ports].and(match)
    }

    private func ports(_ operation: UInt32, _ value: UInt64) -> PortMatch? {
        guard let port = UInt16(exactly: value) else { return nil }
        return switch operation {
        case NFT_CMP_EQ.rawValue: PortMatch([port...port])
        case NFT_CMP_NEQ.rawValue: .outside(port...port)
        case NFT_CMP_LT.rawValue: .outside(port...UInt16.max)
        case NFT_CMP_LTE.rawValue: PortMatch([0...port])
        case NFT_CMP_GT.rawValue: .outside(0...port)
        case NFT_CMP_GTE.rawValue: PortMatch([port...UInt16.max])
        default: nil
        }
    }

    private mutating func restrictTransport(_ operation: UInt32, _ value: UInt64) {
        switch operation {
        case NFT_CMP_EQ.rawValue: if value != Self.tcp { isForOthers = true }
        case NFT_CMP_NEQ.rawValue: if value == Self.tcp { isForOthers = true }
        default: hasOtherConditions = true
        }
    }

    private mutating func restrictFamily(_ operation: UInt32, _ value: UInt64) {
        guard operation == NFT_CMP_EQ.rawValue, let family = NetfilterDecoding.family(UInt8(clamping: value))
        else { return hasOtherConditions = true }
        switch family {
        case .ip: addressFamily = .ipv4
        case .ip6: addressFamily = .ipv6
        default: isForOthers = true
        }
    }

    private mutating func compareRange(_ data: NetlinkAttributes) {
        let content = data[NFTA_RANGE_SREG]?.bigEndian(UInt32.self).flatMap { registers[$0] }
        guard let low = number(data[NFTA_RANGE_FROM_DATA]).flatMap({ UInt16(exactly: $0) }),
            let high = number(data[NFTA_RANGE_TO_DATA]).flatMap({ UInt16(exactly: $0) }), low <= high,
            content == .destinationPort || content == .sourcePort
        else { return hasOtherConditions = true }
        let isInside = data[NFTA_RANGE_OP]?.bigEndian(UInt32.self) == NFT_RANGE_EQ.rawValue
        restrict(
            content == .destinationPort ? \.destination : \.source,
            isInside ? PortMatch([low...high]) : .outside(low...high))
    }

    /// A value of up to eight bytes, in the order of the wire.
    private func number(_ data: ArraySlice<UInt8>?) -> UInt64? {
        guard let value = NetlinkAttributes(data)[NFTA_DATA_VALUE], (1...8).contains(value.count)
        else { return nil }
        return value.reduce(0) { $0 << 8 | UInt64($1) }
    }

    // MARK: What becomes of the packet

    private mutating func decide(_ data: NetlinkAttributes) {
        guard data[NFTA_IMMEDIATE_DREG]?.bigEndian(UInt32.self) == NFT_REG_VERDICT.rawValue else {
            return load(data[NFTA_IMMEDIATE_DREG], nil)
        }
        let value = NetlinkAttributes(data[NFTA_IMMEDIATE_DATA])
        let verdict = NetlinkAttributes(value[NFTA_DATA_VERDICT])
        let chain = verdict[NFTA_VERDICT_CHAIN]?.textToZero
        switch verdict[NFTA_VERDICT_CODE]?.bigEndian(Int32.self) {
        case 0: self.verdict = .drop  // NF_DROP
        case 1: self.verdict = .accept  // NF_ACCEPT
        case NFT_JUMP.rawValue: self.verdict = chain.map { .jump($0) }
        case NFT_GOTO.rawValue: self.verdict = chain.map { .goto($0) }
        case NFT_RETURN.rawValue: self.verdict = .back
        default: break
        }
    }

    private mutating func reject(_ data: NetlinkAttributes) {
        isNative = true
        let type = data[NFTA_REJECT_TYPE]?.bigEndian(UInt32.self)
        verdict = .reject(type == NFT_REJECT_TCP_RST.rawValue ? .reset : .icmp)
    }

    /// iptables' own REJECT, by iptables-nft.
    private mutating func target(_ data: NetlinkAttributes) {
        guard data[NFTA_TARGET_NAME]?.textToZero == "REJECT" else { return }
        // IPT_TCP_RESET, IP6T_TCP_RESET: `enum ipt_reject_with`, `enum ip6t_reject_with`.
        let reset: UInt32 = table == .ip6 ? 6 : 7
        let with = data[NFTA_TARGET_INFO].flatMap { $0.integer(at: 0) as UInt32? }
        verdict = .reject(with == reset ? .reset : .icmp)
    }

    private mutating func lookUp(_ data: NetlinkAttributes) {
        hasOtherConditions = true
        isNative = true
        guard let register = data[NFTA_LOOKUP_DREG]?.bigEndian(UInt32.self) else { return }
        if register == NFT_REG_VERDICT.rawValue { verdict = .map } else { registers = [:] }
    }
}
