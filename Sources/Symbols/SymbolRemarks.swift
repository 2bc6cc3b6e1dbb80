// SPDX-License-Identifier: Apache-2.0
import Model

/// Why functions have no names that they might have: each reason once, and then how often more.
struct SymbolRemarks {
    enum Reason: Hashable, CaseIterable {
        case elsewhere, unavailable, overran, died, noTime, unchecked, cut
    }

    private var files: [Reason: Set<String>] = [:]
    private var new: [String] = []

    /// Of one reason.
    private static let mostFiles = 3

    mutating func add(_ reason: Reason, _ file: String? = nil) {
        let name = file ?? ""
        var said = files[reason] ?? []
        guard said.count <= Self.mostFiles, said.insert(name).inserted else { return }
        files[reason] = said
        if said.count > Self.mostFiles {
            new.append("\(Self.problem(reason, "more files")); of others no more is said")
        } else {
            new.append(Self.problem(reason, file ?? "the files of a process"))
        }
    }

    mutating func take() -> [String] {
        defer { new = [] }
        return new
    }

    private static func problem(_ reason: Reason, _ file: String) -> String {
        switch reason {
        case .elsewhere:
            "programs' functions have no names: /proc here has other process numbers than the kernel; "
                + "run tcpwhy in the host's pid namespace"
        case .unavailable:
            "programs' functions have no names: cannot start the process that reads them (/proc/self/exe)"
        case .overran: "\(file): no names, because reading them took longer than 3 s"
        case .died: "\(file): reading its names ended the process that reads them"
        case .noTime: "\(file): no names, because reading others took too long"
        case .unchecked:
            "\(file): its debug file is larger than 256 MB and has no build-id to know it by; not used"
        case .cut: "\(file): only its first 64 MB and 1,048,576 lines were read"
        }
    }
}
