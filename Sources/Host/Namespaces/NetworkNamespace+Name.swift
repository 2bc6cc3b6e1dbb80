// SPDX-License-Identifier: Apache-2.0

extension NetworkNamespace {
    /// How a user may say which namespace is meant.
    public enum Name: Sendable, Hashable {
        case inode(UInt32)
        case name(String)
        case path(String)
        case process(Int32)

        /// "4026531840" or "net:[4026531840]", "pid:123", "/run/netns/blue", "blue";
        /// `nil`: none of these.
        public init?(parsing text: String) {
            if text.hasPrefix("net:["), text.hasSuffix("]") {
                guard let inode = UInt32(text.dropFirst(5).dropLast()) else { return nil }
                self = .inode(inode)
            } else if text.hasPrefix("pid:") {
                guard let pid = Int32(text.dropFirst(4)), pid > 0 else { return nil }
                self = .process(pid)
            } else if text.contains("/") {
                self = .path(text)
            } else if text.isEmpty || text == "." || text == ".." {
                return nil
            } else if text.allSatisfy({ $0.isASCII && $0.isNumber }) {
                guard let inode = UInt32(text), inode > 0 else { return nil }
                self = .inode(inode)
            } else {
                self = .name(text)
            }
        }
    }

    public static func open(_ name: Name) throws(HostError) -> NetworkNamespace {
        switch name {
        case .inode(let inode): return try find(inode: inode)
        case .path(let path): return try NetworkNamespace(path: path)
        case .process(let pid): return try of(process: pid)
        case .name(let name): return try NetworkNamespace(path: "/run/netns/\(name)")
        }
    }
}
