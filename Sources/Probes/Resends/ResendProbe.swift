// SPDX-License-Identifier: Apache-2.0
public import BPF
import CPrograms
public import Model

/// Segments that are sent again, by whose they are. By tracepoints, which every kernel has: exact on
/// each, and nothing where nothing is sent again.
public final class ResendProbe {
    private let object: LoadedObject
    private var totals = Ledger<Resend, UInt64>()

    /// - Parameter netns: inode of the only network namespace to look at; `nil`: all.
    public init(netns: UInt32?) throws(BPFError) {
        let programs = [
            ProgramSpec(name: "btf_resent", hook: .btfTracepoint("tcp_retransmit_skb")),
            ProgramSpec(name: "btf_resent_synack", hook: .btfTracepoint("tcp_retransmit_synack")),
        ]
        object = try LoadedObject(why_resend_object(), name: "tcpwhy_resend", programs) {
            (object) throws(BPFError) in
            try object.setReadOnly(why_resend_config(netns: netns ?? 0), map: ".rodata.config")
        }
    }

    /// From here on what is sent again is for the `read` after the next.
    public func turn() throws(BPFError) { try object.turn() }

    /// What was counted since the trace began, and what of it left, being idle.
    public func read() throws(BPFError) -> (rows: [Resend: UInt64], ended: [Resend: UInt64]) {
        var counts: [Resend: UInt64] = [:]
        let epoch = try object.closeEpoch()
        try object.map(named: "resend_rows").drain { keyBytes, value in
            guard let key = keyBytes.read(why_resend_key.self), UInt32(key.epoch) == epoch else {
                return false
            }
            if let resend = Self.resend(key), let count = value.read(UInt64.self) {
                counts[resend, default: 0] &+= count
            }
            return true
        }
        totals.add(counts)
        return (totals.rows, totals.ended)
    }

    /// `nil`: no kind that is known.
    static func resend(_ key: why_resend_key) -> Resend? {
        guard Int(key.kind) < Resend.Kind.allCases.count else { return nil }
        return Resend(
            kind: Resend.Kind.allCases[Int(key.kind)], netns: key.netns, isLocal: key.is_local != 0,
            address: IPAddress(key.address, UInt32(key.family) == WHY_IPV6.rawValue ? .ipv6 : .ipv4),
            port: key.port)
    }

    /// What was not seen.
    public func loss() throws(BPFError) -> Loss { try object.loss() }

    /// Removes the programs; what they counted stays to be read.
    public func detach() throws(BPFError) { try object.detach() }
}
