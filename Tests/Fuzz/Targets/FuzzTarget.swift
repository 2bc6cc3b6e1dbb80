// SPDX-License-Identifier: Apache-2.0

/// Something that reads what others write, and what holds whatever it is given.
struct FuzzTarget: Sendable {
    /// As the folders of its seeds and crashes are called.
    let name: String
    /// Throws a `Broken`, or traps.
    let check: @Sendable ([UInt8]) throws -> Void

    init(_ name: String, _ check: @escaping @Sendable ([UInt8]) throws -> Void) {
        self.name = name
        self.check = check
    }

    static let all = [
        perfScript, bpftrace, folded, elf, maps, perfMap, baseline, counters, processes, kernel, netlink,
        btf, records,
    ]
}

/// A rule that an input breaks.
struct Broken: Error, CustomStringConvertible {
    let description: String
}

func holds(_ isTrue: Bool, _ rule: @autoclosure () -> String) throws(Broken) {
    if !isTrue { throw Broken(description: rule()) }
}

/// No line of output has control characters in it, which a terminal would obey.
func holdsNoControls(_ text: String, _ what: String) throws(Broken) {
    let isPlain = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    try holds(isPlain, "\(what) holds control characters: \(text.debugDescription)")
}
