// SPDX-License-Identifier: Apache-2.0

/// How a process was found at looks at which connections waited at a socket that it holds.
public struct WaitingLooks: Sendable, Hashable {
    public var looks: UInt64 = 0
    /// A thread of it ran, or wanted to.
    public var running: UInt64 = 0
    /// It slept where servers wait for something to do: `epoll_wait`, `poll`, `select`, `accept`.
    public var ready: UInt64 = 0
    /// It slept elsewhere, all of its threads.
    public var asleep: UInt64 = 0
    /// It was stopped, or its cgroup frozen.
    public var stopped: UInt64 = 0
    /// Kernel functions that its first thread slept in, and how often. A few.
    public var places: [String: UInt64] = [:]

    /// As many places as a reader looks at.
    private static let mostPlaces = 8

    public init() {}

    public mutating func add(_ activity: ProcessActivity) {
        looks &+= 1
        switch activity {
        case .running: running &+= 1
        case .ready: ready &+= 1
        case .stopped: stopped &+= 1
        case .asleep(let place):
            asleep &+= 1
            guard let place, places[place] != nil || places.count < Self.mostPlaces else { return }
            places[place, default: 0] &+= 1
        }
    }

    public mutating func merge(_ other: WaitingLooks) {
        looks &+= other.looks
        running &+= other.running
        ready &+= other.ready
        asleep &+= other.asleep
        stopped &+= other.stopped
        places.add(other.places)
    }

    /// Where it was found asleep most often. `nil`: not known.
    public var place: String? {
        places.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }
}

/// What a process does at one moment.
public enum ProcessActivity: Sendable, Hashable {
    case running
    /// Asleep where servers wait for something to do.
    case ready
    /// Asleep in this function of the kernel. `nil`: the kernel does not say.
    case asleep(String?)
    case stopped
}
