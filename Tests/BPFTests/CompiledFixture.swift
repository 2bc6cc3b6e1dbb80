// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A small BPF object, compiled by the toolchain's clang when a test first wants it.
enum CompiledFixture {
    static let good = compile(goodSource)
    static let refused = compile(refusedSource)

    static var isAvailable: Bool { good != nil }

    private static let prelude = """
        typedef unsigned int u32;
        typedef unsigned long long u64;
        #define SEC(name) __attribute__((section(name), used))
        #define FIELD(name, value) int (*name)[value]
        static long (*lookup)(void *map, const void *key) = (void *)1;
        static long (*ring_output)(void *ring, void *data, u64 size, u64 flags) = (void *)130;
        static void *(*ring_reserve)(void *ring, u64 size, u64 flags) = (void *)131;
        static void (*ring_discard)(void *data, u64 flags) = (void *)133;
        char _license[] SEC("license") = "Dual BSD/GPL";

        """

    private static let goodSource =
        prelude + """
            struct { u32 first; u32 second; } typedef config_t;
            const volatile config_t config SEC(".rodata.config");
            struct { FIELD(type, 27); FIELD(max_entries, 65536); } events SEC(".maps");
            struct { FIELD(type, 6); u32 *key; u64 *value; FIELD(max_entries, 1); } calls SEC(".maps");

            SEC("raw_tp/inet_sock_set_state") int count(void *context)
            {
                u32 key = 0;
                u64 *value = (u64 *)lookup(&calls, &key);
                if (value)
                    *value += 1;
                return 0;
            }

            SEC("raw_tp/inet_sock_set_state") int emit(void *context)
            {
                struct { u32 first; u32 second; } event = { config.first, config.second };
                // Nobody may see it.
                void *discarded = ring_reserve(&events, sizeof(event), 0);
                if (discarded)
                    ring_discard(discarded, 0);
                return ring_output(&events, &event, sizeof(event), 0);
            }

            SEC("tp/sock/inet_sock_set_state") int traced(void *context)
            {
                return count(context);
            }

            SEC("fentry/tcp_v4_connect") int entered(void *context)
            {
                return 0;
            }

            SEC("iter/tcp") int each(void *context)
            {
                return 0;
            }
            """

    private static let refusedSource =
        prelude + """
            SEC("raw_tp/inet_sock_set_state") int careless(u64 *context)
            {
                return *(volatile int *)context[0];
            }
            """

    private static func compile(_ source: String) -> [UInt8]? {
        let base = "/tmp/tcpwhy-test-\(getpid())-\(source.utf8.count)"
        defer {
            unlink(base + ".c")
            unlink(base + ".o")
        }
        guard let file = fopen(base + ".c", "w") else { return nil }
        fputs(source, file)
        fclose(file)
        let arguments = [
            "clang", "--target=bpf", "-mcpu=v2", "-O2", "-g", "-w", "-c", base + ".c", "-o",
            base + ".o",
        ]
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for argument in argv { free(argument) } }
        var pid: pid_t = 0
        var status: Int32 = 0
        guard posix_spawnp(&pid, "clang", nil, nil, &argv, environ) == 0,
            waitpid(pid, &status, 0) == pid, status == 0, let object = fopen(base + ".o", "r")
        else { return nil }
        defer { fclose(object) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        return Array(bytes[..<fread(&bytes, 1, bytes.count, object)])
    }
}
