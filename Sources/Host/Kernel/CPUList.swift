// SPDX-License-Identifier: Apache-2.0

/// CPUs by number, as `/sys` and `taskset` write them: "0-3,8".
public enum CPUList {
    /// Those that run now.
    public static func online() throws(HostError) -> [Int32] {
        let path = "/sys/devices/system/cpu/online"
        let file = try OpenFile(path)
        // Containers may have one of their own there (LXCFS), which says nothing of the machine.
        guard file.isIn(.sysfs) else {
            throw HostError("read \(path)", detail: "it is not the kernel's: something is mounted over it")
        }
        let text = try file.readAll(path)
        guard let cpus = parse(text.last == "\n" ? String(text.dropLast()) : text), !cpus.isEmpty else {
            throw HostError("read \(path)", detail: "\"\(text)\" is no list of CPUs")
        }
        return cpus
    }

    /// In order, each once. `nil`: it is no such list.
    public static func parse(_ text: String) -> [Int32]? {
        var cpus: Set<Int32> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int32($0) }
            guard let low = ends[0], let high = ends.count == 1 ? low : ends[1], ends.count <= 2, low >= 0,
                low <= high, high < 1 << 16
            else { return nil }
            cpus.formUnion(low...high)
        }
        return cpus.sorted()
    }
}
