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
    /// Stacks that came through the ring buffer since samples were taken out.
    private var whole: [StackSample: UInt64] = [:]
    /// How many samples of each of the kernel's rows were taken out, and in all: a row stays, and
    /// only those that grew are worth their stacks.
    private var read: [Row: UInt64] = [:]
    private var taken: UInt64 = 0
    private var unplaced: UInt64 = 0
    /// The kernel's table of stacks, as far as it was read: a place keeps its stack.
    private var stacks: [Int32: CallStack] = [:]
    private let depth = StackDepth.allowed(CallStack.mostFrames)

    private final class CPUEvent {
        let link: Link

        init(_ link: consuming Link) { self.link = link }
    }

    /// A row of the kernel's, byte for byte: two of them may read the same.
    private struct Row: Hashable {
        let pid: UInt32
        let comm: SIMD2<UInt64>
        let kernel: Int32
        let user: Int32

        init(_ key: why_stack_key) {
            pid = key.pid
            comm = withUnsafeBytes(of: key.comm) { $0.loadUnaligned(as: SIMD2<UInt64>.self) }
            kernel = key.kernel
            user = key.user
        }
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

    /// Takes out the samples since the last call. After the ring buffer was emptied.
    public func takeSamples() throws(ProbeError) -> StackSamples {
        var result = StackSamples()
        result.depth = depth
        do throws(BPFError) {
            var grown: [(why_stack_key, UInt64)] = []
            try object.map(named: "counts").forEach { keyBytes, valueBytes in
                guard let key = keyBytes.read(why_stack_key.self), let count = valueBytes.read(UInt64.self)
                else { return }
                let row = Row(key)
                let more = count.minus(read[row] ?? 0)
                guard more > 0 else { return }
                read[row] = count
                grown.append((key, more))
            }
            let table = try object.map(named: "stacks")
            func stack(_ id: Int32) throws(BPFError) -> CallStack {
                if let stack = stacks[id] { return stack }
                let stack = try SampleDecoding.stack(id, in: table)
                stacks[id] = stack
                return stack
            }
            for (key, count) in grown {
                let sample = StackSample(
                    pid: key.pid, command: CommandName(key.comm).text, kernel: try stack(key.kernel),
                    user: try stack(key.user))
                result.counts[sample, default: 0] += count
            }
            let samples = try object.map(named: "samples")
            func total(_ kind: why_sample_count) throws(BPFError) -> UInt64 {
                try samples.lookupPerCPU(kind.rawValue, as: UInt64.self)?.reduce(0, +) ?? 0
            }
            let totals = (taken: try total(WHY_SAMPLE_ALL), unplaced: try total(WHY_SAMPLE_NO_ROOM))
            result.taken = totals.taken.minus(taken)
            result.unplaced = totals.unplaced.minus(unplaced)
            (taken, unplaced) = totals
        } catch {
            throw ProbeError(error)
        }
        result.counts.add(whole)
        whole = [:]
        return result
    }
}
