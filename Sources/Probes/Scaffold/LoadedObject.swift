// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
import Model

/// What every probe does alike with its embedded object: opens and loads it, attaches its programs,
/// closes its tables epoch by epoch, and says what was missed.
final class LoadedObject {
    let bpf: BPFObject
    private var attached: AttachedPrograms
    private var epochs: Epochs

    /// - Parameters:
    ///   - name: as the kernel and errors show it.
    ///   - programs: to attach, in this order: what ends a measurement before what begins it.
    ///   - others: to be loaded besides, and attached by the caller.
    ///   - configure: what is to be set before the load.
    ///   - fill: what is to be in the maps before a program runs.
    init(
        _ image: why_object, name: String, _ programs: [ProgramSpec], others: Set<String> = [],
        configure: (borrowing BPFObject) throws(BPFError) -> Void,
        fill: (borrowing BPFObject) throws(BPFError) -> Void = { _ in }
    ) throws(BPFError) {
        let object = try BPFObject(
            bytes: UnsafeRawBufferPointer(start: image.bytes, count: image.size), name: name)
        try object.only(programs: others.union(programs.map(\.name)))
        try configure(object)
        try object.load()
        try fill(object)
        attached = try AttachedPrograms(programs, in: object)
        epochs = try Epochs(object)
        try attached.countFromNow(in: object)
        bpf = object
    }

    func map(named name: String) throws(BPFError) -> BPFMap { try bpf.map(named: name) }

    func openRing(_ name: String) throws(BPFError) -> RingBuffer { try RingBuffer(map(named: name)) }

    /// Whether measurements begin, in an object that has `active`.
    func setActive(_ isActive: Bool) throws(BPFError) {
        try map(named: ".data.active").update(UInt32(0), UInt32(isActive ? 1 : 0))
    }

    /// From here on what happens counts in the other epoch.
    func turn() throws(BPFError) { try epochs.turn() }

    /// The epoch whose rows are to be read and removed now, in which nobody counts any more.
    func closeEpoch() throws(BPFError) -> UInt32 { try epochs.close() }

    /// The turn whose stacks are to be read after `closeEpoch`.
    var closedTurn: UInt32 { epochs.closedTurn }

    /// Calls that the kernel ran without the program, by program.
    func misses() throws(BPFError) -> [String: UInt64] { try attached.misses(in: bpf) }

    /// The misses, and what the object's table had no room for.
    func loss() throws(BPFError) -> Loss { try attached.loss(in: bpf) }

    var isDetached: Bool { attached.areDetached }

    /// Removes the programs; what they counted and missed stays to be read.
    func detach() throws(BPFError) { try attached.detach(from: bpf) }
}

extension BPFMap {
    /// What all CPUs counted there; 0: there is no such place.
    func total(_ index: UInt32) throws(BPFError) -> UInt64 {
        try lookupPerCPU(index, as: UInt64.self)?.reduce(0, +) ?? 0
    }
}
