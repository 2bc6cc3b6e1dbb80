// SPDX-License-Identifier: Apache-2.0

/// The kernel's modules.
public enum LoadedModules {
    /// Name, size and address of each; none in a kernel without.
    public static func current() -> [String] {
        (try? readText("/proc/modules")).map(parse) ?? []
    }

    /// - Parameter text: lines like "veth 45056 2 - Live 0xffffffffc0412000". How many use a
    ///   module, and which, changes with every program that is attached to it.
    static func parse(_ text: String) -> [String] {
        text.lines.map { line in
            let words = line.split(separator: " ")
            return (words.prefix(2) + words.dropFirst(5).prefix(1)).joined(separator: " ")
        }
    }
}
