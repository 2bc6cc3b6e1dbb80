// SPDX-License-Identifier: Apache-2.0

/// A function by its name and where it is.
public struct FunctionName: Sendable, Hashable {
    /// `nil`: not known. All such places of a module are one.
    public var symbol: String?
    /// "kernel", a kernel module's name, or a file's without its folders; "[vdso]",
    /// "[unknown]" and the like where there is no file.
    public var module: String
    public var isKernel: Bool

    public init(symbol: String?, module: String, isKernel: Bool) {
        self.symbol = symbol
        self.module = module
        self.isKernel = isKernel
    }

    /// The module of what belongs to the kernel and none of its modules.
    public static let kernelModule = "kernel"
    /// Where code ran of which there is not even an address.
    public static let lost = FunctionName(symbol: nil, module: "[lost]", isKernel: false)
}
