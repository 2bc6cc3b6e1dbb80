// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Report

@Suite struct ProfileTests {
    static let deep = CallStack.frames(Array(repeating: 7, count: CallStack.mostFrames))

    static var samples: StackSamples {
        var samples = StackSamples()
        samples.counts = [
            StackSample(pid: 1, command: "a", kernel: .none, user: .frames([1, 2])): 40,
            StackSample(pid: 1, command: "a", kernel: .frames([3]), user: .frames([1, 2])): 30,
            StackSample(pid: 2, command: "b", kernel: deep, user: .lost): 20,
        ]
        samples.taken = 95
        samples.unplaced = 5
        return samples
    }

    static var run: ProfileRun {
        ProfileRun(
            taken: samples.taken, loss: SampleLoss(of: samples), clock: "cpu-clock", frequency: 99, cpus: 2,
            duration: 10.02)
    }

    @Test func saysWhatWasLost() {
        #expect(
            ProfileText.summary(Self.run)
                == "95 samples at 99 Hz by cpu-clock in 10s on 2 CPUs; of them 20 with a truncated stack, "
                + "20 without their stack (table full), 5 in no row (table full)")
    }

    @Test func nothingLostIsNotSpokenOf() {
        var run = Self.run
        run.loss = SampleLoss()
        run.cpus = 1
        #expect(ProfileText.summary(run) == "95 samples at 99 Hz by cpu-clock in 10s on 1 CPU")
        #expect(ProfileText.subtitle(run) == "95 samples, 99 Hz, 10s")
    }

    @Test func saysWhatIsInTheRowOfRareStacks() {
        var run = Self.run
        run.loss = SampleLoss()
        run.loss.others = 1200
        #expect(ProfileText.summary(run).hasSuffix("; of them 1,200 in [others] (rare stacks)"))
    }

    @Test func saysWhichSettingTruncatesStacks() {
        var samples = StackSamples()
        samples.counts = [
            StackSample(pid: 1, command: "a", kernel: .none, user: .frames([1, 2])): 40,
            StackSample(pid: 1, command: "a", kernel: .none, user: .frames([1, 2, 3])): 50,
        ]
        samples.depth = 3
        var run = Self.run
        run.loss = SampleLoss(of: samples)
        #expect(
            ProfileText.summary(run).hasSuffix(
                "of them 50 with a stack truncated at 3 frames (kernel.perf_event_max_stack)"))
    }

    @Test func rowsAndWhatIsInNoneMakeUpTheSamples() {
        #expect(Self.samples.placed + Self.samples.unplaced == Self.samples.taken)
    }

    @Test func withoutTheKernelEqualStacksBecomeOne() {
        var samples = Self.samples
        samples.dropKernelStacks()
        #expect(samples.counts.count == 2)
        #expect(samples.placed == 90)
        samples.dropUserStacks()
        #expect(samples.counts.values.sorted() == [20, 70])
    }

    @Test func jsonHasALinePerStackAndASummary() {
        let stack = NamedStack(
            owner: .init(pid: 12, command: "a \"b\""), frames: ["main", "tcp_v4_connect_[k]"], count: 3)
        #expect(
            String(decoding: ProfileJSON.write([stack], Self.run), as: UTF8.self) == """
                {"kind":"stack","pid":12,"comm":"a \\"b\\"","frames":["main","tcp_v4_connect_[k]"],"count":3}
                {"kind":"summary","samples":95,"lost":{"unplaced":5,"without_stack":20},"truncated":20,\
                "max_frames":127,"clock":"cpu-clock","frequency":99,"cpus":2,"duration_s":10.02,"others":0}

                """)
    }
}
