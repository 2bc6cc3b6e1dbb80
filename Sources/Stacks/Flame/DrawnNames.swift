// SPDX-License-Identifier: Apache-2.0

/// The names of the frames that are drawn, each looked at and escaped once: in a picture a function
/// stands in many places.
struct DrawnNames {
    /// The name as it stands in the picture, and what follows from it.
    struct Name {
        let name: FrameName
        /// Where in `escaped` the whole of it stands.
        fileprivate let whole: Range<Int>
    }

    private let stacks: FrameStacks
    private let names: [Name]
    /// By the number of a name its place in `names`.
    private var places: [UInt32]
    private let escaped: [UInt8]

    /// - Parameter frames: all but the root, which has no name.
    init(_ stacks: FrameStacks, of frames: some Sequence<FlameLayout.Frame>) {
        self.stacks = stacks
        let none = UInt32.max
        places = Array(repeating: none, count: stacks.names.count)
        var names: [Name] = []
        var text = XMLBytes()
        for frame in frames where places[Int(frame.name)] == none {
            places[Int(frame.name)] = UInt32(names.count)
            let start = text.count
            let name = stacks.withName(frame.name) { name in
                text.put(escaped: name)
                return FrameName(name)
            }
            names.append(Name(name: name, whole: start..<text.count))
        }
        self.names = names
        escaped = Array(text)
    }

    /// Which kinds there are.
    var kinds: Set<FrameKind> { Set(names.map(\.name.kind)) }

    subscript(frame: FlameLayout.Frame) -> Name { names[Int(places[Int(frame.name)])] }

    /// The whole name.
    func put(_ name: Name, to text: inout XMLBytes) {
        text.put(escaped.span.bytes.extracting(name.whole))
    }

    /// As much of the name of a frame as fits.
    func put(_ label: FrameLabel, of frame: FlameLayout.Frame, to text: inout XMLBytes) {
        let length = self[frame].name.labelLength
        stacks.withName(frame.name) { label.put($0.extracting(0..<length), to: &text) }
    }
}
