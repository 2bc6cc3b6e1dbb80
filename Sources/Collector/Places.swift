// SPDX-License-Identifier: Apache-2.0
import Host
import Model
import Probes

/// A namespace held open, which a dictionary can hold.
final class OpenNamespace {
    let value: NetworkNamespace
    var inode: UInt32 { value.inode }

    init(_ value: consuming NetworkNamespace) {
        self.value = value
    }

    /// As `--netns` names it.
    convenience init(named text: String) throws(HostError) {
        guard let name = NetworkNamespace.Name(parsing: text) else {
            throw HostError("find network namespace '\(text)'", detail: "no such name")
        }
        self.init(try NetworkNamespace.open(name))
    }
}

/// Where to look: the namespace and the cgroup that were asked for, held open.
final class Places {
    /// `nil`: every namespace.
    let netns: OpenNamespace?
    private let cgroup: Cgroup?

    init(_ questions: Questions) throws(HostError) {
        netns = if let name = questions.netns { try OpenNamespace(named: name) } else { nil }
        cgroup = if let path = questions.cgroup { try Cgroup(path) } else { nil }
    }

    /// Of the cgroup's directory. Belongs to this.
    var cgroupDescriptor: Int32? {
        switch cgroup {
        case let group?: group.descriptor
        case nil: nil
        }
    }

    /// Of the cgroup that sockets were made in.
    var cgroupID: UInt64? {
        switch cgroup {
        case let group?: group.id
        case nil: nil
        }
    }
}
