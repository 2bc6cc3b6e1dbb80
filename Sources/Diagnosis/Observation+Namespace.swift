// SPDX-License-Identifier: Apache-2.0
import Model

extension Observation {
    /// A network namespace as people know it: "this network namespace", "namespace blue",
    /// "the namespace of process 123".
    func name(of netns: UInt32) -> String {
        guard let facts = namespaces[netns] else { return "namespace \(netns)" }
        let words = facts.commandPrefix.text.split(separator: " ")
        // The words are those of `ip netns exec NAME`, `nsenter -t PID -n`, `nsenter --net=PATH`.
        if words.isEmpty { return "this network namespace" }
        if words.count == 4, words[0] == "ip" { return "namespace \(words[3])" }
        if words.count == 4, words[0] == "nsenter" { return "the namespace of process \(words[2])" }
        if words.count == 2, let path = words[1].split(separator: "=").last {
            return "namespace \(path.split(separator: "/").last ?? path)"
        }
        return "namespace \(netns)"
    }

    /// New connections in the run, in and out.
    var opens: UInt64 { namespaces.keys.reduce(0) { $0 &+ opens(in: $1) } }

    /// New connections of a namespace in the run, in and out.
    func opens(in netns: UInt32) -> UInt64 {
        guard let counters = namespaces[netns]?.counters else { return 0 }
        return counters.passiveOpens &+ counters.activeOpens
    }

    /// The namespaces by their inodes, so that findings come in the same order every time.
    var sortedNamespaces: [(netns: UInt32, facts: NamespaceFacts)] {
        namespaces.sorted { $0.key < $1.key }.map { (netns: $0.key, facts: $0.value) }
    }

    /// - Throws: nothing is known of any namespace.
    func requireNamespaces() throws(NotExamined) {
        guard !namespaces.isEmpty else { throw NotExamined("the kernel's counters of TCP could not be read") }
    }

    /// What a setting of the whole machine is; other namespaces than the first do not show it.
    func machineSetting<Value>(_ setting: (NetworkSettings) -> Value?) -> Value? {
        sortedNamespaces.compactMap { setting($0.facts.settings) }.first
    }
}
