// SPDX-License-Identifier: Apache-2.0

/// What is known of a program or a library, whichever processes and files it is in.
final class Module {
    private(set) var functions: SymbolTable
    private let segments: [Segment]
    var hasUncheckedDebugFile = false

    init(functions: SymbolTable = SymbolTable(), segments: [Segment] = []) {
        self.functions = functions
        // Pages at the borders of two segments are in both: the code's goes first.
        self.segments = segments.filter(\.isCode) + segments.filter { !$0.isCode }
    }

    /// Bytes that it takes.
    var size: Int { functions.size + segments.count * MemoryLayout<Segment>.stride }

    /// Keeps no file open any more.
    func letGoOfFiles() {
        functions.letGoOfFiles()
    }

    /// The address in the file, as symbols have it; `nil`: no segment has this place.
    func address(ofFileOffset offset: UInt64) -> UInt64? {
        for segment in segments {
            if let address = segment.address(ofFileOffset: offset) { return address }
        }
        return nil
    }
}

extension [Segment] {
    /// The lowest address at which there is code.
    var codeStart: UInt64? { lazy.filter(\.isCode).map(\.address).min() }
}
