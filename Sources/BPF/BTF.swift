// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// The types of the running kernel, or of one of its modules as well.
///
/// libbpf 1.1's `btf__*` do the same for more: 126,700 types of 6.18 and 16 functions looked up
/// by name took it 10 + 8 ms and 11.6 MB at the peak, for it compares every name; this takes
/// 13 + 0.2 ms and 8.9 MB, with its table of names.
public struct BTF: Sendable {
    /// The module whose types come after vmlinux's, if any.
    public let moduleName: String?
    let sections: [BTFSection]
    private let index: BTFNameIndex

    /// The running kernel's: those that are kept, or read for the caller.
    public static func vmlinux() throws(BPFError) -> BTF {
        if let kept = kept.withLock({ $0 }) { return kept }
        return try BTF([file("vmlinux")], moduleName: nil)
    }

    /// Keeps the running kernel's until `letGo`, for several who ask for them one after the
    /// other: they are megabytes, which take some 20 ms to read. What cannot be read whoever
    /// asks will hear.
    public static func keep() {
        guard let types = try? vmlinux() else { return }
        kept.withLock { $0 = types }
    }

    public static func letGo() {
        kept.withLock { $0 = nil }
    }

    private static let kept = Mutex<BTF?>(nil)

    /// A module's, with vmlinux's.
    public static func module(_ name: String) throws(BPFError) -> BTF {
        try BTF([file("vmlinux"), file(name)], moduleName: name)
    }

    /// - Parameter files: the contents of vmlinux and, after it, of a module.
    init(_ files: [[UInt8]], moduleName: String? = nil) throws(BPFError) {
        var sections: [BTFSection] = []
        do throws(BTFFault) {
            for file in files { sections.append(try BTFSection(file, after: sections.last)) }
        } catch {
            throw BPFError(
                .btf, "read the types of \(moduleName ?? "the kernel")", detail: error.text)
        }
        self.sections = sections
        self.moduleName = moduleName
        index = BTFNameIndex(sections)
    }

    /// Whether the kernel shows types of a module ("nf_conntrack"): built with
    /// CONFIG_DEBUG_INFO_BTF_MODULES (5.11), and the module is loaded.
    public static func isThere(_ module: String) -> Bool {
        unsafe access(path(module), F_OK) == 0
    }

    private static func file(_ name: String) throws(BPFError) -> [UInt8] {
        try readFile(path(name))
    }

    private static func path(_ name: String) -> String { "/sys/kernel/btf/\(name)" }

    /// Why the running kernel's cannot be had, and what to do; `nil`: they are there.
    public static func obstacle() -> String? {
        do throws(BPFError) {
            _ = try openFile(path("vmlinux"))
            return nil
        } catch {
            return explanation(of: error)
        }
    }

    /// What to say of a kernel's types that cannot be had: only what is not there is missing.
    public static func explanation(of error: BPFError) -> String {
        guard error.errno == ENOENT else {
            return "\(error)\nwithout the kernel's type information nothing can be traced"
        }
        guard unsafe access("/sys/kernel", F_OK) == 0 else {
            return "there is no /sys/kernel, where the kernel's type information is\n"
                + "mount it: mount -t sysfs sysfs /sys"
        }
        return "this kernel has no type information (/sys/kernel/btf/vmlinux)\n"
            + "tcpwhy needs a kernel built with CONFIG_DEBUG_INFO_BTF, as distributions' are"
    }

    /// How many types there are.
    public var typeCount: Int { Int(sections.last?.endID ?? 1) }

    // MARK: By name and number

    /// The number of the first type of that name which is one of `kinds`.
    func typeID(_ name: String, _ kinds: Set<BTFType.Kind>) -> UInt32? {
        index.find(name, sections) { id in
            type(id)?.type.kind.map(kinds.contains) ?? false
        }
    }

    /// A type and the section whose bytes describe it; `nil` for void (0).
    func type(_ id: UInt32) -> (type: BTFType, section: BTFSection)? {
        guard let section = sections.first(where: { $0.firstID <= id && id < $0.endID }) else {
            return nil
        }
        let position = Int(section.offsets[Int(id - section.firstID)])
        return unsafe (BTFType(section.bytes.span.bytes, at: position), section)
    }

    /// What is behind typedefs and qualifiers.
    func resolved(_ id: UInt32) -> UInt32 {
        var id = id
        // Far more than any chain of the kernel's; damaged data might go in a circle.
        for _ in 0..<64 {
            guard let type = type(id)?.type, type.kind?.isModifier == true else { return id }
            id = type.sizeOrType
        }
        return 0
    }

    func string(_ offset: UInt32) -> String {
        guard
            let section = sections.first(where: {
                $0.firstString <= offset && offset < $0.endString
            })
        else { return "" }
        let start = section.strings.lowerBound + Int(offset - section.firstString)
        let tail = section.bytes[start..<section.strings.upperBound]
        return String(decoding: tail.prefix { $0 != 0 }, as: UTF8.self)
    }
}
