// SPDX-License-Identifier: Apache-2.0

extension ConnectStats {
    /// Whether anything was counted.
    public var isActive: Bool {
        connects != 0 || abandoned != 0 || bound != 0 || untimed != 0 || unknown != 0
            || checks != 0 || failed.values.contains { $0 != 0 } || !call.isEmpty
            || search?.isEmpty == false || tried?.isEmpty == false
    }

    /// Whether nothing was counted since an earlier reading: cheaper to find out than
    /// the difference.
    func isUnchanged(since earlier: ConnectStats) -> Bool {
        connects == earlier.connects && abandoned == earlier.abandoned && bound == earlier.bound
            && untimed == earlier.untimed && unknown == earlier.unknown && checks == earlier.checks
            && call.count == earlier.call.count && search?.count == earlier.search?.count
            && tried?.count == earlier.tried?.count && failed == earlier.failed
    }

    /// Adding is the same in any order. What one side did not measure (`nil`) is
    /// taken from the other.
    public mutating func merge(_ other: ConnectStats) {
        connects &+= other.connects
        failed.add(other.failed)
        abandoned &+= other.abandoned
        bound &+= other.bound
        reused = sum(reused, other.reused)
        untimed &+= other.untimed
        unknown &+= other.unknown
        withoutPort &+= other.withoutPort
        tupleTaken &+= other.tupleTaken
        unsent &+= other.unsent
        search = sum(search, other.search)
        call.merge(other.call)
        tried = sum(tried, other.tried)
        triedMethod = PortMethod.weaker(triedMethod, other.triedMethod)
        certain &+= other.certain
        checks &+= other.checks
    }

    public func merging(_ other: ConnectStats) -> ConnectStats {
        var result = self
        result.merge(other)
        return result
    }

    /// Takes away an earlier reading of the same totals.
    public mutating func subtract(_ earlier: ConnectStats) {
        connects = connects.minus(earlier.connects)
        failed.subtract(earlier.failed)
        abandoned = abandoned.minus(earlier.abandoned)
        bound = bound.minus(earlier.bound)
        reused = difference(reused, earlier.reused)
        untimed = untimed.minus(earlier.untimed)
        unknown = unknown.minus(earlier.unknown)
        withoutPort = withoutPort.minus(earlier.withoutPort)
        tupleTaken = tupleTaken.minus(earlier.tupleTaken)
        unsent = unsent.minus(earlier.unsent)
        search = difference(search, earlier.search)
        call.subtract(earlier.call)
        tried = difference(tried, earlier.tried)
        certain = certain.minus(earlier.certain)
        checks = checks.minus(earlier.checks)
    }
}

extension PortMethod {
    private var weakness: Int {
        switch self {
        case .counted: 0
        case .derived: 1
        case .estimated: 2
        }
    }

    /// A sum is known only as well as its least well known part.
    static func weaker(_ left: PortMethod?, _ right: PortMethod?) -> PortMethod? {
        guard let left else { return right }
        guard let right else { return left }
        return left.weakness >= right.weakness ? left : right
    }
}

extension ConnectStats: Mergeable {}

extension ConnectKey: LedgerKey {
    /// Whatever process it was.
    public var ended: ConnectKey {
        guard !isOverflow else { return self }
        var key = self
        key.pid = 0
        return key
    }

    public static let rest = overflow("(ended)")

    /// What found no place in the kernel's table.
    public static let others = overflow("(others)")

    private static func overflow(_ name: StaticString) -> ConnectKey {
        ConnectKey(
            kind: .connect, pid: 0, command: CommandName(name.description), netns: 0, family: .ipv4,
            source: nil, destination: nil, port: 0, isOverflow: true)
    }
}
