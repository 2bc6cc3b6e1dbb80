// SPDX-License-Identifier: Apache-2.0
import Model

@testable import Host

extension FuzzTarget {
    /// `/proc/net/netstat`, `snmp`, `sockstat`, `stat/nf_conntrack`, and numbers of `/proc/sys`.
    static let counters = FuzzTarget("counters") { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        let all = NetworkCounters(parsing: text)
        let some = NetworkCounters(
            parsing: Array(text.utf8), only: NetworkCounters.Selection("TcpExt", ["ListenDrops"]))
        try holds(some.tcpExt["ListenDrops"] == all.tcpExt["ListenDrops"], "a part is of the whole")
        _ = TCPCounters(all)
        _ = try? ListenCounters(all)
        _ = SocketUse(parsing: text)
        if let statistics = ConntrackStatistics(parsing: text) {
            try holds(statistics["entries"] == nil, "the namespace's own count is no total of CPUs")
        }
        _ = NetworkSettings.memory(parsing: text)
        if let range = Sysctl.portRange(parsing: text) { try holds(!range.isEmpty, "a range has ports") }
        _ = Sysctl.portRanges(parsing: text)
        _ = PortList(parsing: text)
    }

    /// What is read of `/proc/PID`, and of the cgroups.
    static let processes = FuzzTarget("processes") { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        _ = ThreadStat(text)
        if let facts = ProcessFacts(pid: 1, status: text, cgroup: Cgroup.path(parsing: text)) {
            let isOneLine = !(facts.command + facts.unit).unicodeScalars.contains("\n")
            try holds(isOneLine, "a command and its unit are of one line")
        }
        _ = PIDNamespace.numbers(parsing: text)
        _ = OpenFileLimit.limits(parsing: text)
        _ = ProcessActivity.isReady(ProcessActivity.places(parsing: text))
        _ = ProcessChanges.sign(text)
        let mounts = Mount.all(parsing: text)
        _ = Cgroup.mountPoint(of: mounts)
        for controller in ["cpu", "freezer"] {
            let found = CgroupMounts(of: mounts).directories(of: controller, parsing: text)
            let isInside = found?.path.allSatisfy { !$0.split(separator: "/").contains("..") } ?? true
            try holds(isInside || mounts.contains { $0.point.contains("..") }, "a cgroup is in its mount")
        }
        if let bound = CPUQuota.bound(parsing: text) { try holds(bound.period > 0, "a period is no nothing") }
        var quota = CPUQuota(directory: "/", isVersion1: false, quota: 1, period: 1)
        quota.read(parsing: text)
        for shown in ProgramFacts.arguments(parsing: bytes) + [ProgramFacts.executable(link: bytes)] {
            try holdsNoControls(shown, "what a process is called")
        }
        for name in ProgramFacts.threadNames([text]).keys { try holdsNoControls(name, "a thread's name") }
        _ = GoBinary.isOne(bytes)
        _ = bytes.withUnsafeBytes { SocketOwners.inode(link: $0) }
    }

    /// `/proc/stat`, `kallsyms`, `modules`, `meminfo`, lists of CPUs, and names of namespaces.
    static let kernel = FuzzTarget("kernel") { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        _ = CPUTimes(parsing: text)
        if let cpus = CPUList.parse(text) {
            try holds(zip(cpus, cpus.dropFirst()).allSatisfy { $0 < $1 }, "CPUs are in order, each once")
        }
        _ = LoadedModules.parse(text)
        _ = Memory.available(parsing: text)
        _ = Lockdown(parsing: text)
        _ = Capabilities(status: text)
        _ = KernelRelease(release: text, machine: "").version
        _ = NetworkNamespace.Name(parsing: text)
        let table = KernelTable(parsing: text)
        for address: UInt64 in [0, 1, 0xffff_ffff_8100_0000, 0xffff_ffff_c041_2010, .max] {
            guard let found = table.find(address) else { continue }
            try holds(found.place.offset <= FunctionLine.longest, "a place is in a function")
        }
        let symbols = KernelSymbols(of: ["tcp_v4_connect", "nf_conntrack_in"], parsing: text)
        for name in ["tcp_v4_connect", "nf_conntrack_in"] {
            let isThere = symbols.address(of: name) == nil || symbols.contains(name)
            try holds(isThere, "what has an address is there")
        }
    }

    /// What the kernel answers by netlink: the first byte says what was asked.
    static let netlink = FuzzTarget("netlink") { bytes in
        for message in NetlinkMessage.all(in: Array(bytes.dropFirst())) {
            _ = message.failure
            switch bytes.first.map({ $0 % 6 }) {
            case 0: _ = UnixListener(message.body)
            case 1: _ = Qdisc(message.body)
            case 2: _ = Qdisc.Link(message.body)
            case 3: _ = NetfilterDecoding.table(message.body.first ?? 0, message.body.dropFirst(4))
            case 4: _ = NetfilterDecoding.chain(message.body.first ?? 0, message.body.dropFirst(4))
            default: _ = NetfilterDecoding.rule(message.body.first ?? 0, message.body.dropFirst(4))
            }
        }
    }
}
