// SPDX-License-Identifier: Apache-2.0
import CLibbpf
import Glibc

/// Waiting for programs that run.
public enum GracePeriod {
    /// Returns once every program that ran at the call has returned: what it looked up before
    /// the call it uses no more. The kernel waits so after each update of a map of maps
    /// (`maybe_wait_bpf_programs()`, kernel/bpf/syscall.c; 1ae80cf31938, 4.20), which is all that
    /// these two are for. Takes some milliseconds, but no CPU.
    public static func wait() throws(BPFError) { try maps.get().wait() }

    /// Makes what `wait` takes, which takes the privilege to make maps.
    public static func prepare() throws(BPFError) { _ = try maps.get() }

    private static let maps: Result<Maps, BPFError> = {
        do throws(BPFError) { return .success(try Maps()) } catch { return .failure(error) }
    }()

    private final class Maps: Sendable {
        private let inner: BPFMap
        private let outer: BPFMap

        init() throws(BPFError) {
            inner = try BPFMap(
                creating: BPF_MAP_TYPE_ARRAY, name: "tcpwhy_none", keySize: 4, valueSize: 4, maxEntries: 1)
            outer = try BPFMap(
                creating: BPF_MAP_TYPE_ARRAY_OF_MAPS, name: "tcpwhy_grace", keySize: 4, valueSize: 4,
                maxEntries: 1, of: inner.descriptor)
        }

        func wait() throws(BPFError) { try outer.update(UInt32(0), inner.descriptor) }
    }
}
