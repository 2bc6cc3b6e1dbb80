// SPDX-License-Identifier: Apache-2.0
import BPF

extension BTF {
    /// Whether programs can give an address a type, and so read it by plain loads
    /// (`bpf_rdonly_cast`, kernel/bpf/helpers.c, since 6.2).
    var hasCasts: Bool { hasFunction("bpf_rdonly_cast") }
}
