// SPDX-License-Identifier: Apache-2.0

/// Where code is in a process.
struct UserProcess {
    enum Target {
        case file(MappedFile)
        case vdso
        /// Not a file; how it is shown.
        case other(String)
    }

    struct Mapping {
        var start: UInt64
        var end: UInt64
        var fileOffset: UInt64
        var target: Target
    }

    /// In order of address; they do not overlap.
    private var mappings: [Mapping] = []
    /// Its own, whatever number a later process gets.
    let id: UInt32
    /// As the process itself has it, and its user: whose word on its code is taken.
    var status: ProcessStatus?
    /// Whether its just-in-time compiler may have written names. Nobody asks again until it is noted again.
    var mayHavePerfMap = true

    /// What is no longer mapped is kept for stacks from before, up to this.
    private static let most = 8192

    init(id: UInt32) {
        self.id = id
    }

    /// Whether there is code that is in no file.
    var hasMadeCode: Bool {
        mappings.contains {
            if case .other(let name) = $0.target { return name == "[anon]" }
            return false
        }
    }

    func mapping(at address: UInt64) -> Mapping? {
        var low = 0
        var high = mappings.count
        while low < high {
            let middle = (low + high) / 2
            if mappings[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0, address < mappings[low - 1].end else { return nil }
        return mappings[low - 1]
    }

    /// - Parameter current: in order of address.
    mutating func update(_ current: [Mapping]) {
        guard mappings.count + current.count <= Self.most else {
            mappings = current
            return
        }
        var index = 0
        let kept = mappings.filter { old in
            while index < current.count, current[index].end <= old.start { index += 1 }
            return index == current.count || current[index].start >= old.end
        }
        mappings = (kept + current).sorted { $0.start < $1.start }
    }
}
