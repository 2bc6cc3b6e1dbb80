// SPDX-License-Identifier: Apache-2.0

/// A finished run of sampling.
public struct ProfileRun: Sendable {
    /// Samples: every one that the filters let through.
    public var taken: UInt64
    public var loss: SampleLoss
    /// What set the pace: "cycles", "cpu-clock".
    public var clock: String
    /// Samples a second and CPU that were asked for.
    public var frequency: UInt64
    /// How many CPUs were sampled.
    public var cpus: Int
    /// Seconds.
    public var duration: Double

    public init(
        taken: UInt64, loss: SampleLoss, clock: String, frequency: UInt64, cpus: Int, duration: Double
    ) {
        self.taken = taken
        self.loss = loss
        self.clock = clock
        self.frequency = frequency
        self.cpus = cpus
        self.duration = duration
    }
}

/// A stack by the names of its functions.
public struct NamedStack: Sendable, Hashable {
    public struct Owner: Sendable, Hashable {
        public var pid: UInt32
        public var command: String

        public init(pid: UInt32, command: String) {
            self.pid = pid
            self.command = command
        }
    }

    /// The process; `nil`: it is no process's.
    public var owner: Owner?
    /// The outermost first; the kernel's, which end in "_[k]", after the process's.
    public var frames: [String]
    public var count: UInt64

    /// Of those whose stacks had no room for a row of their own.
    public static func others(_ count: UInt64) -> NamedStack {
        NamedStack(owner: nil, frames: ["[others]"], count: count)
    }

    public init(owner: Owner?, frames: [String], count: UInt64) {
        self.owner = owner
        self.frames = frames
        self.count = count
    }
}
