// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Stacks

/// Which samples count, for whom, and how much. All expectations are what
/// stackcollapse-perf.pl writes.
@Suite struct PerfScriptTests {
    private let twoSamples = """
        # captured on: today
        # cmdline : /usr/bin/perf record -g -- nginx
        nginx  4711 [001] 100.000001:     250000 cycles:
        \tffffffff8103ce3b tcp_sendmsg+0xb ([kernel.kallsyms])
        \t           1ad1 worker (/usr/sbin/nginx)
        \t             10 main (/usr/sbin/nginx)

        nginx  4711 [001] 100.000002:          7 cycles:
        \tffffffff8103ce40 tcp_sendmsg+0x10 ([kernel.kallsyms])
        \t           1ad1 worker (/usr/sbin/nginx)
        \t             10 main (/usr/sbin/nginx)


        """

    @Test("equal stacks are one, outermost frame first, their periods added")
    func folds() {
        let result = fold(twoSamples)
        #expect(result.lines == ["nginx;main;worker;tcp_sendmsg 250007"])
        #expect(result.sampleCount == 2)
        #expect(FoldNotes.lines(of: result, isEventChosen: false) == [])
    }

    @Test(
        "without a period a sample counts once, and so does one with period 0", arguments: ["", "0 ", "1 "])
    func countsSamples(period: String) {
        #expect(fold("cc1plus 1 [0] 1.5: \(period)cpu-clock:\n 1 f (x)\n\n").lines == ["cc1plus;f 1"])
    }

    @Test(
        "how the command, its process and thread are named",
        arguments: [
            ("java 25607 4794564.109216: cycles:", "java", "java-?", "java-?/25607"),
            ("java 24636/25607 [000] 1.5: cycles:", "java", "java-24636", "java-24636/25607"),
            (
                "V8 WorkerThread 12/13 1.5: 1 cycles:", "V8_WorkerThread", "V8_WorkerThread-12",
                "V8_WorkerThread-12/13"
            ),
            ("kworker/0:1 12 [000] 1.5: cycles:", "kworker/0:1", "kworker/0:1-?", "kworker/0:1-?/12"),
            ("swapper     0 [000] 1.5: cycles:", "swapper", "swapper-?", "swapper-?/0"),
            ("swapper     0/0 [000] 1.5: cycles:", "swapper", "swapper-?", "swapper-?/0"),
            ("a;b 1/2 1.5: cycles:", "a;b", "a;b-1", "a;b-1/2"),
            ("bash  1234 ", "bash", "bash-?", "bash-?/1234"),
        ])
    func commands(header: String, plain: String, pid: String, tid: String) {
        let text = header + "\n\t1 f (x)\n\n"
        #expect(fold(text).lines == ["\(plain);f 1"])
        #expect(fold(text) { $0.pid = true }.lines == ["\(pid);f 1"])
        #expect(fold(text) { $0.tid = true }.lines == ["\(tid);f 1"])
        #expect(fold(text) { ($0.pid, $0.tid) = (true, true) }.lines == ["\(tid);f 1"])
    }

    private let twoEvents = """
        ab 1 [0] 1.1: 5 cycles:u: \n\t1 f (x)

        ab 1 [0] 1.2: 9 instructions: \n\t1 g (x)

        ab 1 [0] 1.3: 6 cycles:u: \n\t1 f (x)


        """

    @Test("of several events the first counts, and it is said that there are others")
    func firstEvent() {
        let result = fold(twoEvents)
        #expect(result.lines == ["ab;f 11"])
        #expect(result.event == "cycles:u")
        #expect(result.otherSampleCount == 1)
        let note = "several events: counted cycles:u, left out 1 sample of others; --event-filter chooses"
        #expect(FoldNotes.lines(of: result, isEventChosen: false) == [note])
        #expect(FoldNotes.lines(of: result, isEventChosen: true) == [])
    }

    @Test("an event that was chosen")
    func chosenEvent() {
        #expect(fold(twoEvents) { $0.event = "instructions" }.lines == ["ab;g 9"])
        #expect(fold(twoEvents) { $0.event = "" }.lines == ["ab;f 11"])
        let none = fold(twoEvents) { $0.event = "cycles" }
        #expect(none.lines == [])
        #expect(FoldNotes.lines(of: none, isEventChosen: true) == ["no sample of cycles, 3 of other events"])
    }

    @Test("a header with something behind the event names none, and always counts")
    func tracepoints() {
        let text = "ab 1 [0] 1.1: sched:sched_switch: prev_comm=a next_comm=b\n 1 f (x)\n\n"
        #expect(fold(twoEvents + text).lines == ["ab;f 12"])
    }

    @Test("a sample without a call chain is its command")
    func noCallChain() {
        #expect(fold("ab 1 [0] 1.1: 5 cycles:\n\nab 1 [0] 1.2: 6 cycles:\n\n").lines == ["ab 11"])
    }

    @Test("a sample at the end of the text without a blank line does not count, and it is said")
    func unfinished() {
        let result = fold("ab 1 1.1: cycles:\n 1 f (x)\n\nab 1 1.2: cycles:\n 1 g (x)")
        #expect(result.lines == ["ab;f 1"])
        #expect(
            FoldNotes.lines(of: result, isEventChosen: false)
                == ["the text ends in the middle of a sample, which is left out"])
    }

    @Test("lines end in carriage returns, too")
    func carriageReturns() {
        let lines = twoSamples.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(fold(lines.joined(separator: "\r\n")).lines == fold(twoSamples).lines)
    }

    @Test("what is not understood is left out and counted, source lines among it")
    func notUnderstood() {
        let result = fold("ab 1 1.1: cycles:\n 1 f (x)\n  main.c:12\n1234\n 2 g\n 3 h (y)\n\n")
        #expect(result.lines == ["ab;h;f 1"])
        #expect(result.skipped.count == 3)
        #expect(result.skipped.firstLine == 3)
        #expect(
            FoldNotes.lines(of: result, isEventChosen: false)
                == ["left out 3 lines that are not understood, the first is line 3"])
    }

    @Test("a second header in one sample renames it; one of another event does not")
    func twoHeaders() {
        #expect(fold("ab 1 1.1: 5 x:\n 1 f (x)\ncd 2 1.2: 6 x:\n 1 g (x)\n\n").lines == ["cd;g;f 6"])
        #expect(fold("ab 1 1.1: 5 x:\n 1 f (x)\ncd 2 1.2: 6 y:\n 1 g (x)\n\n").lines == ["ab;g;f 5"])
    }
}
