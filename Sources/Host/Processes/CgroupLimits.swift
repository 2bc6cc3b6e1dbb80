// SPDX-License-Identifier: Apache-2.0
import Model

/// What the cgroups of processes bound, and which are frozen: each read once, since most
/// processes of a service are in one.
public struct CgroupLimits {
    private let mounts: CgroupMounts
    private var quotas: [String: CPUQuota?] = [:]
    private var frozen: [String: FrozenCgroup?] = [:]
    /// Cgroups in cgroups.
    private static let deepest = 32

    public init() {
        mounts = CgroupMounts(of: Mount.all())
    }

    /// - Parameter text: `/proc/PID/cgroup`.
    mutating func limits(of text: String) -> ([CPUQuota], FrozenCgroup?) {
        let processors = mounts.directories(of: "cpu", parsing: text)
        let found = processors?.path.prefix(Self.deepest).compactMap { directory in
            quota(directory, isVersion1: processors?.isVersion1 ?? false)
        }
        let freezer = mounts.directories(of: "freezer", parsing: text)
        let halted = freezer?.path.prefix(Self.deepest).lazy.compactMap { directory in
            Self.frozen(directory, isVersion1: freezer?.isVersion1 ?? false)
        }.first
        return (found ?? [], halted)
    }

    private mutating func quota(_ directory: String, isVersion1: Bool) -> CPUQuota? {
        if let known = quotas[directory] { return known }
        let quota = Self.quota(directory, isVersion1: isVersion1)
        quotas[directory] = .some(quota)
        return quota
    }

    private static func quota(_ directory: String, isVersion1: Bool) -> CPUQuota? {
        guard let bound = bound(directory, isVersion1: isVersion1) else { return nil }
        var quota = CPUQuota(
            directory: directory, isVersion1: isVersion1, quota: bound.quota, period: bound.period)
        if let stat = try? readText("\(directory)/cpu.stat") { quota.read(parsing: stat) }
        return quota
    }

    private static func bound(_ directory: String, isVersion1: Bool) -> (quota: UInt64, period: UInt64)? {
        guard isVersion1 else {
            return (try? readText("\(directory)/cpu.max")).flatMap(CPUQuota.bound(parsing:))
        }
        // -1: no bound.
        guard let quota = try? readText("\(directory)/cpu.cfs_quota_us"),
            let period = try? readText("\(directory)/cpu.cfs_period_us")
        else { return nil }
        return CPUQuota.bound(parsing: quota.prefix { $0 != "\n" } + " " + period)
    }

    /// `nil`: it runs, or what stops it is a cgroup above.
    private static func frozen(_ directory: String, isVersion1: Bool) -> FrozenCgroup? {
        let file = isVersion1 ? "freezer.self_freezing" : "cgroup.freeze"
        guard let text = try? readText("\(directory)/\(file)"), text.first == "1" else { return nil }
        return FrozenCgroup(directory: directory, isVersion1: isVersion1)
    }
}

extension CPUQuota {
    /// - Parameter text: "5000 100000": microseconds of each so many; "max" and "-1" are no bound.
    static func bound(parsing text: some StringProtocol) -> (quota: UInt64, period: UInt64)? {
        let words = text.split { $0 == " " || $0 == "\n" }
        guard words.count == 2, let quota = UInt64(words[0]), let period = UInt64(words[1]), period > 0
        else { return nil }
        return (quota, period)
    }

    /// - Parameter text: `cpu.stat`: microseconds in version 2, nanoseconds in version 1.
    mutating func read(parsing text: String) {
        for line in text.lines {
            let words = line.split(separator: " ")
            guard words.count == 2, let value = UInt64(words[1]) else { continue }
            switch words[0] {
            case "nr_periods": periods = value
            case "nr_throttled": throttled = value
            case "throttled_usec": halted = value &* 1000
            case "throttled_time": halted = value
            default: break
            }
        }
    }
}
