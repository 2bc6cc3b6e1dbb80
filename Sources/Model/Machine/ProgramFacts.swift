// SPDX-License-Identifier: Apache-2.0

/// What a process runs, in the words of whoever started it: bounded and fit for a terminal, and
/// believed only as far as advice goes. Arguments may hold passwords: they are never printed.
public struct ProgramFacts: Sendable, Hashable {
    /// The last part of what `/proc/PID/exe` leads to: "nginx", "python3.11"; empty: not known.
    public var executable = ""
    /// `/proc/PID/cmdline`, the first ones. Many a server puts one sentence of its own there
    /// ("nginx: master process nginx").
    public var arguments: [String] = []
    /// How many threads it has. `nil`: not known.
    public var threads: Int?
    /// How many threads have each name, a number at its end left out: "puma srv tp ". Empty: not
    /// looked at.
    public var threadNames: [String: Int] = [:]
    /// Whether the executable was made by Go's linker.
    public var isGo = false

    public init() {}
}
