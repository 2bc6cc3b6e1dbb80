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

/// How often a function was sampled.
public struct FunctionCount: Sendable, Hashable {
    /// It ran itself.
    public var own: UInt64 = 0
    /// It ran, or something that it called: once per sample, however often it called itself.
    public var total: UInt64 = 0

    public init(own: UInt64, total: UInt64 = 0) {
        self.own = own
        self.total = total
    }

    public mutating func merge(_ other: FunctionCount) {
        own &+= other.own
        total &+= other.total
    }
}

/// Samples by the functions in their stacks.
public struct HotspotsCounts: Sendable {
    public private(set) var functions: [FunctionName: FunctionCount] = [:]
    /// With the parts of a function that the compiler split off.
    public private(set) var allocation: [PortFunction: FunctionCount] = [:]
    /// Samples of a search for a port: with any function of it in their stack.
    public private(set) var search: UInt64 = 0
    /// All that were added.
    public private(set) var samples: UInt64 = 0

    public init() {}

    /// - Parameter stack: innermost first; not empty.
    public mutating func add(_ stack: [FunctionName], count: UInt64) {
        samples &+= count
        var isSearch = false
        for name in Set(stack) { functions[name, default: FunctionCount()].total &+= count }
        for function in Set(stack.compactMap(PortFunction.init)) {
            allocation[function, default: FunctionCount()].total &+= count
            if function.isSearch { isSearch = true }
        }
        if isSearch { search &+= count }
        guard let innermost = stack.first else { return }
        functions[innermost, default: FunctionCount()].own &+= count
        if let function = PortFunction(innermost) {
            allocation[function, default: FunctionCount()].own &+= count
        }
    }

    public mutating func merge(_ other: HotspotsCounts) {
        add(other.functions)
        allocation.merge(other.allocation) { $0.merging($1) }
        search &+= other.search
        samples &+= other.samples
    }

    /// Takes away an earlier reading of the same counts; functions that did not run since are none.
    mutating func subtract(_ earlier: HotspotsCounts) {
        for (name, before) in earlier.functions { functions[name] = functions[name]?.after(before) }
        for (function, before) in earlier.allocation {
            allocation[function] = allocation[function]?.after(before)
        }
        search = search.minus(earlier.search)
        samples = samples.minus(earlier.samples)
    }

    func with(_ functions: [FunctionName: FunctionCount]) -> HotspotsCounts {
        var counts = self
        counts.functions = functions
        return counts
    }

    mutating func add(_ functions: [FunctionName: FunctionCount]) {
        self.functions.merge(functions) { $0.merging($1) }
    }

    /// Samples whose innermost function has no name.
    public var unnamed: UInt64 {
        functions.reduce(0) { $0 &+ ($1.key.symbol == nil ? $1.value.own : 0) }
    }

    /// Whether a function of the kernel would have been recognised: not where its
    /// symbols are hidden (`kernel.kptr_restrict`).
    public var knowsKernel: Bool {
        var sawKernel = false
        for name in functions.keys where name.isKernel {
            if name.symbol != nil { return true }
            sawKernel = true
        }
        return !sawKernel
    }
}

extension FunctionCount {
    /// What came after an earlier reading; `nil`: nothing.
    fileprivate func after(_ earlier: FunctionCount) -> FunctionCount? {
        let rest = FunctionCount(own: own.minus(earlier.own), total: total.minus(earlier.total))
        return rest.total == 0 ? nil : rest
    }

    fileprivate func merging(_ other: FunctionCount) -> FunctionCount {
        var result = self
        result.merge(other)
        return result
    }
}
