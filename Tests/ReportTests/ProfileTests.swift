// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Report

@Suite struct ProfileTests {
    static let deep = CallStack.frames(Array(repeating: 7, count: CallStack.mostFrames))

    static var run: ProfileRun {
        var samples = StackSamples()
        samples.counts = [
            StackSample(pid: 1, command: "a", kernel: .none, user: .frames([1, 2])): 40,
            StackSample(pid: 1, command: "a", kernel: .frames([3]), user: .frames([1, 2])): 30,
            StackSample(pid: 2, command: "b", kernel: deep, user: .lost): 20,
        ]
        samples.taken = 95
        samples.unplaced = 5
        return ProfileRun(samples: samples, clock: "cpu-clock", frequency: 99, cpus: 2, duration: 10.02)
    }

    @Test func saysWhatWasLost() {
        #expect(
            ProfileText.summary(Self.run)
                == "95 samples at 99 Hz by cpu-clock in 10s on 2 CPUs; of them 20 with a truncated stack, "
                + "20 without their stack (table full), 5 in no row (table full)")
    }

    @Test func nothingLostIsNotSpokenOf() {
        var run = Self.run
        run.samples.counts = [:]
        run.samples.unplaced = 0
        run.cpus = 1
        #expect(ProfileText.summary(run) == "95 samples at 99 Hz by cpu-clock in 10s on 1 CPU")
        #expect(ProfileText.subtitle(run) == "95 samples, 99 Hz, 10s")
    }

    @Test func saysWhichSettingTruncatesStacks() {
        var run = Self.run
        run.samples.counts = [
            StackSample(pid: 1, command: "a", kernel: .none, user: .frames([1, 2])): 40,
            StackSample(pid: 1, command: "a", kernel: .none, user: .frames([1, 2, 3])): 50,
        ]
        run.samples.depth = 3
        run.samples.unplaced = 0
        #expect(
            ProfileText.summary(run).hasSuffix(
                "of them 50 with a stack truncated at 3 frames (kernel.perf_event_max_stack)"))
    }

    @Test func rowsAndWhatIsInNoneMakeUpTheSamples() {
        #expect(Self.run.samples.placed + Self.run.samples.unplaced == Self.run.samples.taken)
    }

    @Test func withoutTheKernelEqualStacksBecomeOne() {
        var samples = Self.run.samples
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
                "max_frames":127,"clock":"cpu-clock","frequency":99,"cpus":2,"duration_s":10.02}

                """)
    }
}
