// SPDX-License-Identifier: Apache-2.0
import Model

/// Memory of TCP on the whole machine.
struct TCPMemory {
    let aborts: UInt64
    let pressures: UInt64
    let pruned: UInt64
    private let inSegments: UInt64
    /// Packets dropped for want of memory.
    let refused: UInt64
    /// Pages in use. `nil`: not known.
    let pages: UInt64?
    /// `net.ipv4.tcp_mem`, three values. `nil`: not known.
    let limits: [Int]?
    let orphans: UInt64?
    let maxOrphans: Int?

    /// Drop reasons that mean it (include/net/dropreason-core.h). A full buffer of one socket
    /// (SOCKET_RCVBUFF) does not.
    private static let reasons: Set<String> = ["NOMEM", "PROTO_MEM"]

    init(_ seen: Observation) {
        func sum(_ field: (TCPCounters) -> UInt64) -> UInt64 {
            seen.namespaces.values.reduce(0) { $0 &+ field($1.counters) }
        }
        aborts = sum(\.abortsOnMemory)
        pressures = sum(\.memoryPressures)
        pruned = sum(\.pruned)
        inSegments = sum(\.inSegments)
        // Each namespace shows those of the machine.
        pages = seen.namespaces.values.compactMap(\.use.memoryPages).max()
        orphans = seen.namespaces.values.compactMap(\.use.orphans).max()
        limits = seen.machineSetting(\.memory).flatMap { $0.count == 3 ? $0 : nil }
        maxOrphans = seen.machineSetting(\.maxOrphans)
        var refused: UInt64 = 0
        if case .seen(let drops) = seen.drops {
            for (packet, count) in drops.packets ?? [:]
            where packet.kind == .drop && packet.transport == "tcp"
                && Self.reasons.contains(packet.reason ?? "")
            {
                refused &+= count
            }
        }
        self.refused = refused
    }

    var isPressed: Bool { pressures > 0 || share(of: 1) >= 1 }

    /// Above nine tenths the next burst is enough.
    var isNearPressure: Bool { share(of: 1) >= 0.9 }

    /// The kernel counts suspicious connections up to fourfold (`tcp_out_of_resources`).
    var isNearOrphanLimit: Bool {
        guard let orphans, let maxOrphans, maxOrphans > 0 else { return false }
        return Double(orphans) * 4 >= Double(maxOrphans)
    }

    /// Of the segments that came in, 0 to 1.
    var prunedShare: Double { inSegments > 0 ? Double(pruned) / Double(inSegments) : 0 }

    private func share(of limit: Int) -> Double {
        guard let pages, let limits, limits[limit] > 0 else { return 0 }
        return Double(pages) / Double(limits[limit])
    }
}

/// What helps TCP to memory.
struct TCPMemoryFixes {
    let memory: TCPMemory
    let seen: Observation

    func all() -> [Fix] { [moreOrphans(), moreMemory(), smallerBuffers()].compactMap(\.self) }

    /// The kernel keeps a closed connection that still has to send for about this long
    /// (`net.ipv4.tcp_fin_timeout`'s default).
    private static let orphanSeconds = 60.0
    /// What one may hold (Documentation/networking/ip-sysctl.rst, tcp_max_orphans).
    private static let orphanBytes: UInt64 = 65536

    /// Those there are, counted fourfold as the kernel does, and those reset for as long as they
    /// would have stayed.
    var neededOrphans: Int {
        let needed = Double(memory.orphans ?? 0) * 4 + seen.rate(memory.aborts, in: nil) * Self.orphanSeconds
        return PowerOfTwo.atLeast(max(needed * 1.25, Double(memory.maxOrphans ?? 0) * 2), most: 1 << 24)
    }

    private func moreOrphans() -> Fix? {
        guard memory.isNearOrphanLimit, let now = memory.maxOrphans, neededOrphans > now else { return nil }
        return Fix.sysctl(
            "let \(Units.exact(UInt64(neededOrphans))) closed connections finish", "net.ipv4.tcp_max_orphans",
            "\(neededOrphans)", in: nil, seen,
            risk:
                "each may hold up to 64 KiB: \(Units.bytes(UInt64(memory.orphans ?? 0) &* Self.orphanBytes)) for "
                + "those there are now")
    }

    /// Pages have 4 KiB at least; larger ones (arm64) only make this more cautious.
    private static let pageBytes: UInt64 = 4096

    /// In the same proportions, up to the double of what is in use or allowed, and to what half of
    /// the memory that is to be had allows. `nil`: that is not more than now, or not known.
    var neededPages: [Int]? {
        guard let limits = memory.limits, let pages = memory.pages, limits[1] > 0 else { return nil }
        var pressure = max(Double(limits[1]), Double(pages)) * 2
        if let available = seen.availableMemory {
            pressure = min(pressure, Double(pages) + Double(available / 2 / Self.pageBytes))
        }
        let factor = pressure / Double(limits[1])
        guard factor >= 1.1 else { return nil }
        return limits.map { Int(min(Double($0) * factor, 1e12)) }
    }

    private func moreMemory() -> Fix? {
        guard memory.isPressed || memory.isNearPressure || memory.refused > 0, let pages = neededPages else {
            return nil
        }
        let value = pages.map { "\($0)" }.joined(separator: " ")
        return Fix.sysctl(
            "let TCP hold more memory before buffers shrink", "net.ipv4.tcp_mem", value, in: nil, seen,
            risk: "up to \(Units.bytes(UInt64(pages[2]) &* Self.pageBytes)) that programs cannot have"
                + (seen.availableMemory.map { " (\(Units.bytes($0)) are available)" } ?? ""))
    }

    private func smallerBuffers() -> Fix? {
        guard memory.isPressed || memory.isNearPressure || memory.prunedShare >= 0.01 else { return nil }
        return Fix(
            "find the sockets that hold it: those whose Recv-Q or Send-Q stays full have a peer or a program that "
                + "does not read",
            command: "ss -tmn state established | sort -rnk 1 | head -n 20")
    }
}
