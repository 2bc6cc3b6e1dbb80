// SPDX-License-Identifier: Apache-2.0
import BPF
import CPrograms
import Model

/// What the sampling program writes, as the model's values.
enum SampleDecoding {
    enum Event {
        case process(UInt32)
        case sample(StackSample, epoch: UInt32)
    }

    static func event(_ bytes: RawSpan) -> Event? {
        switch bytes.read(UInt32.self) {
        case WHY_SAMPLE_EVENT_PROCESS.rawValue:
            return bytes.read(why_process_event.self).map { .process($0.pid) }
        case WHY_SAMPLE_EVENT_STACKS.rawValue:
            guard let raw = bytes.read(why_stack_event.self) else { return nil }
            return .sample(
                StackSample(
                    pid: raw.key.pid, command: CommandName(raw.key.comm).text,
                    kernel: stack(raw.kernel, raw.kernel_bytes), user: stack(raw.user, raw.user_bytes)),
                epoch: raw.key.epoch)
        default: return nil
        }
    }

    private static func stack(_ frames: some BitwiseCopyable, _ size: UInt32) -> CallStack {
        let count = Int(size) / MemoryLayout<UInt64>.size
        guard count > 0 else { return .none }
        return withUnsafeBytes(of: frames) { .frames(Array($0.bindMemory(to: UInt64.self).prefix(count))) }
    }
}
