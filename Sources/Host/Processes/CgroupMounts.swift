// SPDX-License-Identifier: Apache-2.0

/// Where the trees of cgroups are mounted: one for all controllers in version 2, one or more in
/// version 1, or both beside each other.
struct CgroupMounts {
    private var version2: Mount?
    /// By controller.
    private var version1: [String: Mount] = [:]

    init(of mounts: [Mount]) {
        for mount in mounts {
            switch mount.fileSystem {
            case "cgroup2": version2 = version2 ?? mount
            case "cgroup":
                for option in mount.options where version1[option] == nil { version1[option] = mount }
            default: break
            }
        }
    }

    /// A cgroup's directory and those above it, the innermost first, in the tree that has a
    /// controller. `nil`: no tree has it, or the cgroup is outside what is mounted.
    /// - Parameter text: `/proc/PID/cgroup`: "4:memory:/a", and "0::/a" of version 2.
    func directories(of controller: String, parsing text: String) -> (path: [String], isVersion1: Bool)? {
        let lines = text.lines.map {
            $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        }
        if let mount = version1[controller],
            let line = lines.first(where: {
                $0.count == 3 && $0[1].split(separator: ",").contains { $0 == controller }
            })
        {
            return directories(line[2], mount).map { ($0, true) }
        }
        guard let mount = version2, let line = lines.first(where: { $0.count == 3 && $0[0] == "0" })
        else { return nil }
        return directories(line[2], mount).map { ($0, false) }
    }

    private func directories(_ path: Substring, _ mount: Mount) -> [String]? {
        var rest = path
        if mount.root != "/" {
            guard path == mount.root || path.hasPrefix(mount.root + "/") else { return nil }
            rest = path.dropFirst(mount.root.count)
        }
        let names = rest.split(separator: "/")
        // What a cgroup namespace shows of the outside: "/../other".
        guard !names.contains("..") else { return nil }
        return (0...names.count).reversed().map {
            ([mount.point] + names[..<$0].map(String.init)).joined(separator: "/")
        }
    }
}
