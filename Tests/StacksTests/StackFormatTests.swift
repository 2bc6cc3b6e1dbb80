// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Stacks

/// Texts that perf did not write, and how each is told from the others.
@Suite struct StackFormatTests {
    private func format(_ text: String) -> StackFormat? {
        var folding = Folding(FoldOptions())
        folding.take(Array(text.utf8).span.bytes, firstLine: 1)
        return folding.format
    }

    @Test(
        "a line tells the format",
        arguments: [
            ("nginx 12 [000] 1.5: cycles:", StackFormat.perfScript),
            ("nginx 12/13 [000] 1.5: 7 net:x: dev=lo len=5", .perfScript),
            ("nginx 12 ", .perfScript),
            ("@[", .bpftrace), ("@stacks[", .bpftrace), ("@[, nginx]: 3", .bpftrace),
            ("nginx;main;worker 12", .folded), ("nginx;main 12 5", .folded), ("a b 12;f 5", .folded),
            ("swapper 12", .folded),
            ("# a comment\n\n  indented 12\nnginx;main 12", .folded),
        ])
    func tells(text: String, expected: StackFormat) {
        #expect(format(text) == expected)
    }

    @Test(
        "no stacks, no format",
        arguments: ["", "\n\n", "hello", "# 12\n", "Attaching 1 probe...", "\t1 f (x)\n"])
    func nothing(text: String) {
        #expect(format(text) == nil)
        #expect(fold(text).lines == [])
    }

    @Test("what looked folded before perf's first header does not count")
    func misleadingBeginning() {
        #expect(fold("Lost 12\nab 1 1.5: cycles:\n 1 f (x)\n\n").lines == ["ab;f 1"])
    }

    @Test("bpftrace's maps: the key's rest is outermost, offsets stay")
    func bpftrace() {
        let result = fold(
            """
            Attaching 1 probe...

            @[
                tcp_recvmsg+808
                inet_recvmsg+81
            ]: 3
            @kernel[
                read+1
            ,\u{20}
                main+5
            , nginx]: 4
            @[, idle]: 2
            @[
                inet_sendmsg+1
            """)
        #expect(result.lines == ["idle 2", "inet_recvmsg+81;tcp_recvmsg+808 3", "nginx;main+5;read+1 4"])
        #expect(result.sampleCount == 3)
        #expect(result.endsInSample)
    }

    @Test("an entry that was cut off does not reach into the next")
    func cutOff() {
        let result = fold("@[\n a+1\n@[\n b+1\n]: 2\n")
        #expect(result.lines == ["b+1 2"])
        #expect(result.skipped.firstLine == 3)
    }

    @Test("folded stacks: equal ones are added up, whatever their counts are")
    func folded() {
        #expect(fold("b;c 1\na 2\nb;c 0.5\r\n\n").lines == ["a 2", "b;c 1.5"])
        #expect(fold("a;b 1 2\nc 3 4\na;b 5 6\n").lines == ["a;b 6 8", "c 3 4"])
        let result = fold("a;b 1\nnonsense\n")
        #expect(result.skipped.firstLine == 2)
    }

    @Test("folding what was folded changes nothing")
    func twice() {
        let once = fold("ab 1 1.5: 3 x:\n 1 f (x)\n\ncd 1 1.5: 3 x:\n 1 [unknown] (y (deleted))\n\n").lines
        #expect(fold(once.joined(separator: "\n")).lines == once)
    }
}
