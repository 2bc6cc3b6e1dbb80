// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// Which cgroup: the same option in every command that filters by it.
struct CgroupOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only this cgroup (version 2) and what is below it; a socket is in the one it was made in.",
            valueName: "path"))
    var cgroup: String?

    var isFilter: Bool { cgroup != nil }
}

/// Which network namespace: the same option in every command that filters by it.
struct NamespaceOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only this network namespace: a name (ip netns), an inode, a path, or pid:N.",
            valueName: "namespace"))
    var netns: String?

    var isFilter: Bool { netns != nil }
}
