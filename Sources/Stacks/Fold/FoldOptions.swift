// SPDX-License-Identifier: Apache-2.0

/// What folded stacks are to tell. The names are those of stackcollapse-perf.pl.
public struct FoldOptions: Sendable {
    /// Process ids after the command's name: `nginx-4711`; `?` where perf did not write one.
    public var pid = false
    /// Process and thread ids: `nginx-4711/4712`.
    public var tid = false
    /// `_[k]` after the functions of the kernel.
    public var kernel = false
    /// `_[j]` after functions that were compiled at run time, which perf knows from `/tmp/perf-PID.map`.
    public var jit = false
    /// The address in place of a symbol that is not known: `[libc.so.6 <7f2eb2b31c2c>]`.
    public var addresses = false
    /// The only event that counts; `nil`: the first one of the text.
    public var event: String?

    /// Names alone.
    public init() {}
}
