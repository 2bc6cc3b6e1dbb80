// SPDX-License-Identifier: Apache-2.0

/// Who made a cgroup, as far as its path says so: by whose command it is changed.
enum CgroupName: Equatable {
    /// A unit of systemd.
    case unit(String)
    /// A container of Docker, by its id.
    case docker(String)
    /// A pod's of Kubernetes: the kubelet would undo what others change.
    case pod
    case other

    /// - Parameter directory: "/sys/fs/cgroup/system.slice/nginx.service"
    init(directory: String) {
        let names = directory.split(separator: "/")
        guard let last = names.last.map(String.init) else {
            self = .other
            return
        }
        if names.contains(where: { $0.hasPrefix("kubepods") }) {
            self = .pod
        } else if last.hasPrefix("docker-"), last.hasSuffix(".scope"),
            Self.isID(last.dropFirst(7).dropLast(6))
        {
            self = .docker(String(last.dropFirst(7).prefix(12)))
        } else if names.dropLast().last == "docker", Self.isID(last[...]) {
            self = .docker(String(last.prefix(12)))
        } else if [".service", ".scope", ".slice"].contains(where: { last.hasSuffix($0) }) {
            self = .unit(last)
        } else {
            self = .other
        }
    }

    /// Others may call their cgroups what they like.
    private static func isID(_ text: Substring) -> Bool {
        !text.isEmpty && text.allSatisfy { $0.isASCII && $0.isHexDigit }
    }
}
