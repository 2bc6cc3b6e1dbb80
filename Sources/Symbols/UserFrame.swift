// SPDX-License-Identifier: Apache-2.0

/// What is at an address of a process. Equal for all addresses of one function.
public struct UserFrame: Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// Of a program or a library.
        case function
        /// Made while the program ran, and named in its perf map file.
        case jit
        /// The kernel's, in every process.
        case vdso
        /// In no known function.
        case unresolved
    }

    /// Demangled, without what separates frames (";") or lines; `nil`: not known.
    public var name: String?
    /// The file's name without its folders; "[vdso]", "[anon]" and the like for what
    /// no file is mapped to, "[jit]" with `jit`, "[unknown]" where nothing is mapped.
    public var module: String
    /// Where the function begins, as an address of its file before the loader moves it
    /// (what `nm` shows); 0 with `jit`, whose code moves. Without a name the place itself,
    /// for `addr2line`: an address of the file, an offset in it if it could not be
    /// read, or the address in the process if there is no file.
    public var offset: UInt64
    public var kind: Kind

    public init(name: String?, module: String, offset: UInt64, kind: Kind) {
        self.name = name
        self.module = module
        self.offset = offset
        self.kind = kind
    }

    /// The name; "[libx.so+0x1234]" where there is none; "[unknown]" and the like where
    /// not even a file is known, because one address there means no more than another.
    public var description: String {
        if let name { return name }
        let isNoFile = module.count > 1 && module.hasPrefix("[") && module.hasSuffix("]")
        return isNoFile ? module : "[\(module)+0x\(String(offset, radix: 16))]"
    }
}
