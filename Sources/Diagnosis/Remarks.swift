// SPDX-License-Identifier: Apache-2.0
import Model

/// What the reader of a run must know beside its findings: what there was not to judge by.
enum Remarks {
    static func of(_ seen: Observation) -> [String] {
        seen.remarks + [silence(seen), gone(seen), unseenAccepts(seen)].compactMap(\.self)
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
}
