// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
import Model

/// What `bpf/lib/connect_unix.h` counts: connects to Unix stream sockets whose queue is full.
struct FullUnixSockets {
    static let map = "connect_unix"

    private var totals = Ledger<UnixConnect, UInt64>()

    /// All of them since the trace began.
    /// - Parameter epoch: in which nobody counts any more.
    mutating func read(_ epoch: UInt32, from object: LoadedObject) throws(BPFError) -> [UnixConnect: UInt64] {
        var found: [UnixConnect: UInt64] = [:]
        try object.map(named: Self.map).drain { keyBytes, valueBytes in
            guard let key = keyBytes.read(why_unix_key.self), key.epoch == epoch else { return false }
            if let count = valueBytes.read(UInt64.self) { found[UnixConnect(key), default: 0] &+= count }
            return true
        }
        totals.add(found)
        return totals.totals
    }
}

extension UnixConnect {
    init(_ raw: why_unix_key) {
        let path = withUnsafeBytes(of: raw.path) { bytes in
            UnixPath.text(bytes.prefix(Int(min(raw.length, UInt32(WHY_UNIX_PATH_LEN)))))
        }
        self.init(pid: raw.pid, command: CommandName(raw.comm).text, netns: raw.netns, path: path)
    }
}
