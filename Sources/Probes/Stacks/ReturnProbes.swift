// SPDX-License-Identifier: Apache-2.0
import BPF

/// What kretprobes do to stacks that others take.
public enum ReturnProbes {
    /// Whether a stack shows who called a function at whose return there is a kprobe. Its
    /// return address is not where the caller goes on; unwinders look that up since
    /// 19138af1bd88 (5.15, `kretprobe_find_ret_addr`; `rethook_find_ret_addr` later).
    public static func keepCallers() -> Bool {
        guard let btf = try? BTF.vmlinux() else { return false }
        return btf.hasFunction("kretprobe_find_ret_addr") || btf.hasFunction("rethook_find_ret_addr")
    }
}
