// SPDX-License-Identifier: Apache-2.0
import CLibbpf
import Foundation

/// BPF programs, maps and links by their numbers, which the kernel does not give
/// out again for a long time.
struct KernelObjects {
    private var programs: Set<UInt32> = []
    private var maps: Set<UInt32> = []
    private var links: Set<UInt32> = []

    var isEmpty: Bool { programs.isEmpty || maps.isEmpty }

    /// Those that a process holds now.
    init(of child: Child) {
        for (_, info) in child.descriptors() {
            for line in info.split(separator: "\n") {
                let words = line.split(whereSeparator: \.isWhitespace)
                guard words.count == 2, let id = UInt32(words[1]) else { continue }
                switch words[0] {
                case "prog_id:": programs.insert(id)
                case "map_id:": maps.insert(id)
                case "link_id:": links.insert(id)
                default: break
                }
            }
        }
    }

    /// Those of them that still exist.
    var remaining: [String] {
        programs.filter { exists(bpf_prog_get_fd_by_id($0)) }.map { "program \($0)" }
            + maps.filter { exists(bpf_map_get_fd_by_id($0)) }.map { "map \($0)" }
            + links.filter { exists(bpf_link_get_fd_by_id($0)) }.map { "link \($0)" }
    }

    private func exists(_ descriptor: Int32) -> Bool {
        if descriptor >= 0 { close(descriptor) }
        // Anything but "no such thing" is no proof of its end.
        return descriptor != -ENOENT
    }
}
