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

    private let object: BPFObject
    private var events: [CPUEvent]
    /// Stacks that came through the ring buffer.
    private var whole: [StackSample: UInt64] = [:]
    /// The kernel's table of stacks, as far as it was read: a place keeps its stack.
    private var stacks: [Int32: CallStack] = [:]
    private let depth = StackDepth.allowed(CallStack.mostFrames)

    private final class CPUEvent {
        let link: Link

        init(_ link: consuming Link) { self.link = link }
    }

    static let program = "sample"

    public init(_ options: SampleOptions) throws(ProbeError) {
        let cpus: [Int32]
        do throws(HostError) {
            cpus = if let chosen = options.cpus { chosen } else { try CPUList.online() }
        } catch {
            throw ProbeError(.cannotTrace, "\(error)")
        }
        do throws(BPFError) {
            let image = why_sample_object()
            object = try BPFObject(
                bytes: UnsafeRawBufferPointer(start: image.bytes, count: image.size), name: "tcpwhy_sample")
            try object.setReadOnly(options.filters, map: ".rodata.config")
            try object.setValueSize(map: "stacks", UInt32(depth * MemoryLayout<UInt64>.size))
            try object.load()
            if let cgroup = options.cgroup {
                try object.map(named: "cgroup").update(UInt32(0), UInt32(bitPattern: cgroup))
            }
            (clock, events) = try Self.attach(object, cpus, options.frequency)
        } catch {
            throw ProbeError(error)
        }
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
    public func openRing() throws(ProbeError) -> RingBuffer {
        do throws(BPFError) { return try RingBuffer(object.map(named: "events")) } catch {
            throw ProbeError(error)
        }
    }

    /// Takes in a ring buffer's record; the process that it names as new, if it is that.
    public func receive(_ record: RawSpan) -> UInt32? {
        switch SampleDecoding.event(record) {
        case .process(let pid): return pid
        case .sample(let sample): whole[sample, default: 0] += 1
        case nil: break
        }
        return nil
    }

    /// No more samples; what there are stay to be read.
    public func stop() { events = [] }

    /// All samples so far. After the ring buffer was emptied.
    public func samples() throws(ProbeError) -> StackSamples {
        var result = StackSamples()
        result.depth = depth
        do throws(BPFError) {
            var rows: [(why_stack_key, UInt64)] = []
            try object.map(named: "counts").forEach { keyBytes, valueBytes in
                guard let key = keyBytes.read(why_stack_key.self), let count = valueBytes.read(UInt64.self)
                else { return }
                rows.append((key, count))
            }
            let table = try object.map(named: "stacks")
            func stack(_ id: Int32) throws(BPFError) -> CallStack {
                if let stack = stacks[id] { return stack }
                let stack = try SampleDecoding.stack(id, in: table)
                stacks[id] = stack
                return stack
            }
            for (key, count) in rows {
                let sample = StackSample(
                    pid: key.pid, command: CommandName(key.comm).text, kernel: try stack(key.kernel),
                    user: try stack(key.user))
                result.counts[sample, default: 0] += count
            }
            let samples = try object.map(named: "samples")
            func total(_ kind: why_sample_count) throws(BPFError) -> UInt64 {
                try samples.lookupPerCPU(kind.rawValue, as: UInt64.self)?.reduce(0, +) ?? 0
            }
            result.taken = try total(WHY_SAMPLE_ALL)
            result.unplaced = try total(WHY_SAMPLE_NO_ROOM)
        } catch {
            throw ProbeError(error)
        }
        result.counts.add(whole)
        return result
    }
}
