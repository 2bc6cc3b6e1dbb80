// SPDX-License-Identifier: Apache-2.0
import Model

/// What the reader of a run must know beside its findings: what there was not to judge by.
enum Remarks {
    static func of(_ seen: Observation) -> [String] {
        seen.remarks + [silence(seen), gone(seen), unseenAccepts(seen)].compactMap(\.self) + datagrams(seen)
    }

    private static func silence(_ seen: Observation) -> String? {
        guard !seen.namespaces.isEmpty, seen.opens == 0, Doubts.of(seen).isEmpty else { return nil }
        return "no connection was opened or accepted meanwhile: what only traffic shows cannot be seen"
    }

    private static func gone(_ seen: Observation) -> String? {
        let names = seen.goneNamespaces.sorted().map(seen.name(of:))
        guard let first = names.first else { return nil }
        let who = names.count == 1 ? first : "\(names.count) network namespaces"
        return "\(who) went away meanwhile: what the kernel counted there went with it"
    }

    /// UDP is not traced: only that its ports may be used up is seen, by how many sockets have one.
    private static func datagrams(_ seen: Observation) -> [String] {
        seen.sortedNamespaces.compactMap { netns, facts in
            guard let range = facts.settings.portRange,
                let held = [facts.use.udp, facts.use.udp6].compactMap(\.self).max(), held >= range.count
            else { return nil }
            return "\(seen.name(of: netns)) holds \(Units.exact(held)) UDP sockets, and "
                + "net.ipv4.ip_local_port_range has \(Units.exact(UInt64(range.count))) ports: UDP's connect and "
                + "sendto may find no port and fail "
                + "(EAGAIN); UDP calls are not traced"
        }
    }
}
