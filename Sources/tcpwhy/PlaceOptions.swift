// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Host

/// Which cgroup: the same option in every command that filters by it.
struct CgroupOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only this cgroup (version 2) and what is below it; a socket is in the one it was made in.",
            valueName: "path"))
    var cgroup: String?

    var isFilter: Bool { cgroup != nil }

    /// Must stay open until the programs that filter by it are loaded.
    func open() throws -> Cgroup? {
        guard let cgroup else { return nil }
        do throws(HostError) { return try Cgroup(cgroup) } catch { throw Failure.failed("\(error)") }
    }

    /// Of the cgroup that sockets were made in.
    func id() throws -> UInt64? {
        let cgroup = try open()
        switch cgroup {
        case let cgroup?: return cgroup.id
        case nil: return nil
        }
    }
}

/// Which network namespace: the same option in every command that filters by it.
struct NamespaceOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only this network namespace: a name (ip netns), an inode, a path, or pid:N.",
            valueName: "namespace"))
    var netns: String?

    var isFilter: Bool { netns != nil }

    func open() throws -> OpenNamespace? { try netns.map(OpenNamespace.init(named:)) }

    func inode() throws -> UInt32? { try open()?.inode }
}
