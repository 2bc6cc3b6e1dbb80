// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension KernelTests {
    /// Processes that would keep whoever wants their functions' names from it.
    @Suite(.enabled(if: Lab.isNative, "the guests have no compiler"))
    struct HostileSymbolsTests {
        private let folder: URL

        init() throws {
            folder = FileManager.default.temporaryDirectory.appendingPathComponent(
                "tcpwhy-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }

        private func compile(_ source: String) throws -> String {
            let program = folder.appendingPathComponent("program").path
            try source.write(toFile: program + ".c", atomically: true, encoding: .utf8)
            let options = ["-O1", "-w", "-fno-omit-frame-pointer", "-Wl,--build-id=none"]
            _ = try Child.run(["clang"] + options + [program + ".c", "-o", program])
            return program
        }

        private func profile(_ command: [String]) throws -> (output: String, error: String) {
            let child = try Child(command)
            let status = try child.wait(seconds: 60)
            guard status == 0 else { throw TestFailure("tcpwhy ended with \(status): \(child.error)") }
            return (String(decoding: child.output, as: UTF8.self), child.error)
        }

        /// Reading it would wait for the kernel's next message, and take it from who is to have it.
        @Test func aDebugFileThatIsTheKernelsLogIsNotRead() throws {
            defer { try? FileManager.default.removeItem(at: folder) }
            let program = try compile("int main(void) { for (volatile long i = 0;; i++); }")
            let debug = program + ".debug"
            _ = try Child.run(["llvm-objcopy", "--only-keep-debug", program, debug])
            _ = try Child.run(["llvm-objcopy", "--strip-all", "--add-gnu-debuglink=\(debug)", program])
            try FileManager.default.removeItem(atPath: debug)
            try FileManager.default.createSymbolicLink(atPath: debug, withDestinationPath: "/proc/kmsg")
            let spinner = try Child([program])
            defer { spinner.signal(SIGKILL) }
            let (folded, error) = try profile([
                Lab.tcpwhy, "profile", "-U", "-p", "\(spinner.pid)", "-d", "1",
            ])
            #expect(folded.contains("[program+0x"), "\(folded)")
            // It was not even opened.
            #expect(!error.contains("no names"), "\(error)")
        }

        /// Each has a map of its own, and there are far fewer descriptors than processes.
        @Test func manyCompilersTakeFewDescriptors() throws {
            defer { try? FileManager.default.removeItem(at: folder) }
            let program = try compile(
                """
                #include <stdio.h>
                #include <string.h>
                #include <sys/mman.h>
                #include <sys/prctl.h>
                #include <signal.h>
                #include <unistd.h>
                int main(void) {
                    for (int i = 0; i < 200; i++) {
                        if (fork()) continue;
                        prctl(PR_SET_PDEATHSIG, SIGKILL);
                        char *code = mmap(0, 1 << 20, 7, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                        char path[64];
                        sprintf(path, "/tmp/perf-%d.map", getpid());
                        FILE *map = fopen(path, "w");
                        fprintf(map, "%lx 100000 made_by_a_compiler\\n", (long)code);
                        fclose(map);
                        memset(code, 0x90, 1 << 20);
                        code[(1 << 20) - 1] = 0xc3;
                        for (int k = 0; k < 400; k++) {
                            for (int n = 0; n < 20; n++) ((void (*)(void))code)();
                            usleep(200000);
                        }
                        _exit(0);
                    }
                    pause();
                }
                """)
            let parent = try Child([program])
            defer { parent.signal(SIGKILL) }
            defer {
                // Each takes its map with it.
                for pid in Self.children(of: parent.pid) { unlink("/tmp/perf-\(pid).map") }
            }
            let limited = "ulimit -n 100; exec \"$0\" profile -U -c program -F 999 -d 3"
            let (folded, error) = try profile(["sh", "-c", limited, Lab.tcpwhy])
            let lines = folded.split(separator: "\n").filter { $0.contains("made_by_a_compiler_[j]") }
            #expect(!lines.isEmpty, "\(folded) \(error)")
            #expect(!folded.contains(";[anon] "), "\(folded)")
            #expect(!error.contains("Too many open files"), "\(error)")
        }

        private static func children(of pid: Int32) -> [Int32] {
            let path = "/proc/\(pid)/task/\(pid)/children"
            let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            return text.split(separator: " ").compactMap { Int32($0) }
        }
    }
}
