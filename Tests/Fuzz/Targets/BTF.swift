// SPDX-License-Identifier: Apache-2.0
@testable import BPF

extension FuzzTarget {
    static let btf = FuzzTarget("btf") { bytes in
        guard let types = try? BTF([bytes]) else { return }
        try holds(types.typeCount >= 1, "there is void")
        for id in 0...UInt32(min(types.typeCount, 64)) {
            let value = types.valueType(id)
            try holds(value.size >= 0, "a size is not negative")
            guard let type = types.type(id)?.type else { continue }
            let name = types.string(type.name)
            _ = types.field("f", of: name)
            _ = types.structSize(name)
            _ = types.enumeration(name)
            if let function = types.function(name) {
                try holds(types.argumentCount(name) == function.arguments.count, "arguments are counted")
            }
        }
        _ = types.field("a.b", of: "s")
        _ = types.enumValue("E")
        _ = types.enumerators { $0.hasPrefix("s") }
        // A module's types come after the kernel's.
        if let both = try? BTF([bytes, bytes]) {
            try holds(both.typeCount == 2 * types.typeCount - 1, "the types of both")
        }
    }
}
