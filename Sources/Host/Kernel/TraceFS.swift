// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// The kernel's tracepoints, as tracefs lists them, mounted or not.
public struct TraceFS: ~Copyable, Sendable {
    /// tracefs's root directory.
    private let root: OpenFile
    /// Nobody had it mounted: this sees it through a mount of its own, which is
    /// at no place and goes with it.
    public let isDetached: Bool

    public init() throws(HostError) {
        for path in ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"] {
            let root: OpenFile
            do throws(HostError) {
                root = try OpenFile(path, flags: O_RDONLY | O_DIRECTORY)
            } catch {
                if error.errno == ENOENT { continue }
                throw error
            }
            // An empty directory waits there for the mount.
            guard root.isIn(.tracefs) else { continue }
            self.init(root: root, isDetached: false)
            return
        }
        self = try TraceFS.detached()
    }

    /// Through a mount that is at no place, whoever else has one.
    static func detached() throws(HostError) -> TraceFS {
        let what = "read tracefs, which is not mounted"
        let opened = why_fsopen("tracefs")
        if opened < 0, errno == EPERM {
            throw HostError(
                errno: EPERM, what,
                detail: "it takes CAP_SYS_ADMIN, or 'mount -t tracefs tracefs /sys/kernel/tracing' by root")
        }
        let context = OpenFile(owning: try check(opened, what))
        try check(why_fsconfig_create(context.descriptor), what)
        let root = OpenFile(owning: try check(why_fsmount(context.descriptor), what))
        return TraceFS(root: root, isDetached: true)
    }

    private init(root: consuming OpenFile, isDetached: Bool) {
        self.root = root
        self.isDetached = isDetached
    }

    /// The number that a perf event names the tracepoint by; `nil`: this kernel has no such one.
    public func tracepointID(_ group: String, _ name: String) throws(HostError) -> UInt64? {
        let path = "events/\(group)/\(name)/id"
        let text: String
        do throws(HostError) {
            text = try OpenFile(path, in: root.descriptor).readAll("tracefs \(path)")
        } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
        guard let id = UInt64(text.prefix { $0 != "\n" }) else {
            throw HostError("read tracefs \(path)", detail: "it is not a number")
        }
        return id
    }
}
