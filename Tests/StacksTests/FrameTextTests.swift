// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Stacks

/// What one line of a call chain looks like in a folded stack. All
/// expectations are what stackcollapse-perf.pl writes.
@Suite struct FrameTextTests {
    /// The frames of a sample of one line; `nil` if the line gives none.
    private func frames(
        _ line: String, command: String = "app", _ change: (inout FoldOptions) -> Void = { _ in }
    ) -> String? {
        let lines = fold("\(command) 1 1.5: cycles:\n\(line)\n\n", change).lines
        guard let semicolon = lines.first?.firstIndex(of: ";") else { return nil }
        return String(lines[0][semicolon...].dropFirst().dropLast(2))
    }

    @Test(
        "names lose offsets, arguments, quotes and semicolons",
        arguments: [
            ("\tffff tcp_sendmsg+0x1f ([kernel.kallsyms])", "tcp_sendmsg"),
            ("ffff read (/lib/libc.so)", "read"),
            (" 1 f+0x (x)", "f+0x"), (" 1 f+0xAB (x)", "f+0xAB"),
            (" 1 foo(int, char*)+0x1f (/bin/a)", "foo"),
            (" 1 operator new(unsigned long) (/bin/a)", "operator new"),
            (" 1 net/http.(*Client).Do (/bin/go)", "net/http.(*Client).Do"),
            (" 1 (anonymous namespace)::f(int) (/x)", nil),
            (" 1 a::(anonymous namespace)::f(int) (/x)", "a::(anonymous namespace)::f"),
            (" 1 RegExp:[&<>\"\\'] (/tmp/perf-1.map)", "RegExp:[&<>\\]"),
            (" 1 LFoo;.bar (/x)", "LFoo:.bar"),
            (" 1 f (/lib/with blank.so)", "f"),
            (" 1 (nginx) (/x)", nil),
            (" abc (x)", "c"), (" 1 a (x) b", "a"),
        ])
    func names(line: String, expected: String?) {
        #expect(frames(line) == expected)
    }

    @Test("a module in place of a symbol that is not known, with the address if that is asked for")
    func unknown() {
        #expect(frames(" 7f2e [unknown] (/lib/libc-2.17.so)") == "[libc-2.17.so]")
        #expect(frames(" 7f2e [unknown] ([unknown])") == "[unknown]")
        #expect(frames(" 7f2e [unknown] ([vdso])") == "[[vdso]]")
        #expect(frames(" 7f2e [unknown] (/lib/gone.so (deleted))") == "[unknown] ")
        #expect(frames(" 7f2e [unknown] (/lib/libc.so)") { $0.addresses = true } == "[libc.so <7f2e>]")
        #expect(frames(" 7f2e [unknown] ([unknown])") { $0.addresses = true } == "[unknown <7f2e>]")
        #expect(frames(" 7f2e read (/lib/libc.so)") { $0.addresses = true } == "read")
    }

    @Test("functions of the kernel are told by their module")
    func kernel() {
        func frame(_ module: String) -> String? { frames(" 1 f (\(module))") { $0.kernel = true } }
        #expect(frame("[kernel.kallsyms]") == "f_[k]")
        #expect(frame("[nf_conntrack]") == "f_[k]")
        #expect(frame("/lib/modules/6.1/build/vmlinux") == "f_[k]")
        #expect(frame("[unknown]") == "f")
        #expect(frame("/usr/bin/app") == "f")
    }

    @Test("functions compiled at run time are told by their map, and marked once")
    func jit() {
        func frame(_ name: String, _ module: String) -> String? {
            frames(" 1 \(name) (\(module))") { $0.jit = true }
        }
        #expect(frame("f", "/tmp/perf-19982.map") == "f_[j]")
        #expect(frame("f_[j]", "/tmp/perf-19982.map") == "f_[j]")
        #expect(frame("f", "/tmp/perf-.map") == "f")
        #expect(frame("f", "[kernel.kallsyms]") == "f")
        #expect(frames(" 1 f ([k])") { ($0.jit, $0.kernel) = (true, true) } == "f_[k]")
    }

    @Test("what was inlined comes after its caller, marked")
    func inlined() {
        #expect(frames(" 1 a->b->c+0x5 (x)") == "a;b_[i];c_[i]")
        #expect(frames(" 1 a->b_[i] (x)") == "a;b_[i]")
        #expect(frames(" 1 a->b ([k])") { $0.kernel = true } == "a_[k];b_[i]")
        #expect(frames(" 1 a->-> (x)") == "a")
        #expect(frames(" 1 -> (x)") == nil)
        #expect(frames(" 1 f (inlined)") == "f")
    }

    @Test("in java a class loses its L")
    func java() {
        let line = " 1 Lorg/mozilla/MemberBox;::<init>(Ljava/lang/Object;)V (/tmp/perf-1.map)"
        #expect(frames(line, command: "java") == "org/mozilla/MemberBox:::<init>")
        #expect(frames(line) == "Lorg/mozilla/MemberBox:::<init>")
        #expect(frames(" 1 LInterpreter:f (x)", command: "java") == "LInterpreter:f", "no package, no class")
        let both = "java 1 1.5: x:\n 1 La/b (x)\n\napp 1 1.6: x:\n 1 La/b (x)\n\n"
        #expect(fold(both).lines == ["app;La/b 1", "java;a/b 1"])
    }
}
