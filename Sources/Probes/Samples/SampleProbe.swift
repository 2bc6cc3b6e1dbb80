// SPDX-License-Identifier: Apache-2.0
public import BPF
import CPrograms
import Host
public import Model

/// Samples of what the CPUs run, with both stacks, from `init` to `stop`.
public final class SampleProbe {
    /// What sets their pace.
    public let clock: SampleClock

    /// How many CPUs it samples.
    public var cpus: Int { events.count }

    private let object: LoadedObject
    private var events: [CPUEvent]
    private var tables = StackTables()
    /// What came through the ring buffer, by epoch, since it was taken out.
    private var whole: [[StackSample: UInt64]] = [[:], [:]]
    private let depth = StackDepth.allowed(CallStack.mostFrames)

    private final class CPUEvent {
        let link: Link

        init(_ link: consuming Link) { self.link = link }
    }

    static let program = "sample"

    public init(_ options: SampleOptions) throws(BPFError) {
        let cpus: [Int32]
        do throws(HostError) {
            cpus = if let chosen = options.cpus { chosen } else { try CPUList.online() }
        } catch {
            throw BPFError(.cannotTrace, saying: "\(error)")
        }
        let depth = depth
        object = try LoadedObject(why_sample_object(), name: "tcpwhy_sample", [], others: [Self.program]) {
            (object) throws(BPFError) in
            try object.setReadOnly(options.filters, map: ".rodata.config")
            try StackTables.prepare(object, depth: depth, places: options.stackPlaces)
            try object.setMaxEntries(map: "sample_rows", options.rows)
        } fill: { (object) throws(BPFError) in
            if let cgroup = options.cgroup {
                try object.map(named: "sample_cgroup").update(UInt32(0), UInt32(bitPattern: cgroup))
            }
        }
        (clock, events) = try Self.attach(object.bpf, cpus, options.frequency)
    }

    /// By the better clock that this machine has.
    private static func attach(
        _ object: borrowing BPFObject, _ cpus: [Int32], _ frequency: UInt64
    ) throws(BPFError) -> (SampleClock, [CPUEvent]) {
        var refusal: BPFError?
        for clock in SampleClock.allCases {
            do throws(BPFError) {
                var events: [CPUEvent] = []
                for cpu in cpus {
                    events.append(
                        CPUEvent(
                            try object.attachSampling(
                                program: program, clock: clock, frequency: frequency, cpu: cpu)))
                }
                return (clock, events)
            } catch {
                refusal = error
            }
        }
        throw refusal ?? BPFError(.attach, "sample", detail: "there is no CPU")
    }

    /// The events' ring buffer: processes seen for the first time, and stacks for which
    /// the kernel's table had no place.
    public func openRing() throws(BPFError) -> RingBuffer {
        try object.openRing("sample_events")
    }

    /// Takes in a ring buffer's record; the process that it names as new, if it is that.
    public func receive(_ record: RawSpan) -> UInt32? {
        switch SampleDecoding.event(record) {
        case .process(let pid): return pid
        case .sample(let sample, let epoch): whole[Int(epoch & 1)][sample, default: 0] += 1
        case nil: break
        }
        return nil
    }

    /// No more samples; what there are stay to be read.
    public func stop() { events = [] }

    /// These are no more: should another process get the number of one, the ring buffer names it.
    public func forget(_ pids: some Sequence<UInt32>) throws(BPFError) {
        try ToldProcesses.forget(pids, in: object.bpf)
    }

    /// From here on samples are for the `takeSamples` after the next.
    public func turn() throws(BPFError) {
        try object.turn()
    }

    /// Takes out the samples since the last call.
    /// - Parameter emptyRing: gives all that is in the ring buffer to `receive`.
    public func takeSamples(emptyRing: () -> Void) throws(BPFError) -> StackSamples {
        let epoch = try object.closeEpoch()
        emptyRing()
        try tables.take(turn: object.closedTurn, from: object.bpf)
        var result = StackSamples()
        result.depth = depth
        swap(&result.counts, &whole[Int(epoch)])
        try object.map(named: "sample_rows").drain { keyBytes, valueBytes in
            guard let key = keyBytes.read(why_stack_key.self), key.epoch == epoch,
                let count = valueBytes.read(UInt64.self)
            else { return false }
            let sample = StackSample(
                pid: key.pid, command: CommandName(key.comm).text, kernel: tables.stack(key.kernel),
                user: tables.stack(key.user))
            result.counts[sample, default: 0] += count
            return true
        }
        let samples = try object.map(named: "sample_counts")
        func take(_ kind: why_sample_count) throws(BPFError) -> UInt64 {
            let index = epoch * WHY_SAMPLE_COUNT.rawValue + kind.rawValue
            guard let counts = try samples.lookupPerCPU(index, as: UInt64.self) else { return 0 }
            try samples.update(index, bytes: [UInt8](repeating: 0, count: samples.entrySize))
            return counts.reduce(0, +)
        }
        result.taken = try take(WHY_SAMPLE_ALL)
        result.unplaced = try take(WHY_SAMPLE_NO_ROOM)
        return result
    }
}
