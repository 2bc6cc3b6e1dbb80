// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import BPF

@Suite struct BTFTests {
    /// A kernel is not blamed for a file that cannot be opened.
    @Test(arguments: [EMFILE, ENFILE, EACCES, EPERM])
    func whatCannotBeReadIsNotMissing(errno: Int32) {
        let why = BTF.explanation(of: BPFError(.open, errno: errno, "open /sys/kernel/btf/vmlinux"))
        #expect(why.hasPrefix("cannot open /sys/kernel/btf/vmlinux: "))
        #expect(!why.contains("CONFIG_DEBUG_INFO_BTF"))
        #expect(why.contains("ulimit -n") == (errno == EMFILE))
    }

    @Test func whatIsNotThereIsMissing() {
        let why = BTF.explanation(of: BPFError(.open, errno: ENOENT, "open /sys/kernel/btf/vmlinux"))
        #expect(why.contains("CONFIG_DEBUG_INFO_BTF"))
    }

    /// A little kernel: sockets, one function of each sort, two enumerations.
    private static func kernel() -> BTFBuilder {
        var build = BTFBuilder()
        let int = build.int("int", size: 4, encoding: 1)
        let bool = build.int("_Bool", size: 1, encoding: 4)
        let u16 = build.typedef("__be16", build.int("short unsigned int", size: 2))
        let anonymous = build.union(
            "", size: 2, [("skc_dport", build.const(u16), 0), ("raw", u16, 0)])
        let common = build.structure(
            "sock_common", size: 8, [("skc_family", u16, 0), ("", anonymous, 32)])
        let sock = build.structure(
            "sock", size: 64, [("__sk_common", common, 0), ("sk_drops", int, 64)])
        let pointer = build.pointer(to: build.const(sock))
        _ = build.function("tcp_v4_connect", returning: int, [pointer, pointer, int])
        _ = build.function(
            "tcp_twsk_unique", returning: bool, [pointer, build.array(of: int, count: 4)])
        _ = build.function("tcp_listen_stop", returning: 0, [pointer])
        // A function and a struct of one name.
        _ = build.structure("twice", size: 3, [])
        _ = build.function("twice", returning: 0, [])
        _ = build.enumeration("", [("LINUX_MIB_FIRST", 0), ("LINUX_MIB_LISTENDROPS", 24)])
        _ = build.enumeration(
            "skb_drop_reason", signed: true, [("NOT_YET", 0), ("BEFORE", UInt32.max)])
        _ = build.enumeration64("wide", [("WIDE", 1 << 40)])
        return build
    }

    private let btf: BTF

    init() throws {
        btf = try BTF([Self.kernel().bytes])
    }

    @Test func knowsAFunctionsPrototype() throws {
        let function = try #require(btf.function("tcp_v4_connect"))
        #expect(function.arguments.map(\.kind) == [.pointer, .pointer, .integer])
        #expect(function.returns == .init(kind: .integer, size: 4, name: nil))
        #expect(btf.argumentCount("tcp_v4_connect") == 3)
    }

    @Test func tellsBooleansAndVoidApart() {
        #expect(btf.function("tcp_twsk_unique")?.returns.kind == .boolean)
        #expect(
            btf.function("tcp_twsk_unique")?.arguments.last
                == .init(kind: .array, size: 16, name: nil))
        #expect(btf.function("tcp_listen_stop")?.returns == .init(kind: .void, size: 0, name: nil))
    }

    @Test func hasNoOtherFunctions() {
        #expect(btf.hasFunction("twice"))
        #expect(!btf.hasFunction("sock"))
        #expect(!btf.hasFunction("tcp_v4"))
        #expect(!btf.hasFunction(""))
        #expect(btf.function("tcp_v4_connect_") == nil)
    }

    @Test func findsFieldsThroughStructsAndAnonymousUnions() {
        #expect(btf.field("__sk_common.skc_dport", of: "sock")?.bitOffset == 32)
        #expect(btf.field("__sk_common.skc_dport", of: "sock")?.type.size == 2)
        #expect(btf.structHasField("sock", "sk_drops"))
        #expect(btf.structHasField("sock_common", "raw"))
        #expect(btf.structSize("sock") == 64)
    }

    @Test(arguments: ["skc_dport", "__sk_common.", "", ".", "sk_drops.counter", "__sk_common.none"])
    func hasNoOtherFields(path: String) {
        #expect(!btf.structHasField("sock", path))
    }

    @Test func findsEnumeratorsWhateverTheyAreIn() {
        #expect(btf.enumValue("LINUX_MIB_LISTENDROPS") == 24)
        #expect(btf.enumValue("BEFORE") == -1)
        #expect(btf.enumValue("WIDE") == 1 << 40)
        #expect(btf.enumValue("LINUX_MIB") == nil)
    }

    @Test func listsAnEnumeration() throws {
        let list = try #require(btf.enumeration("skb_drop_reason"))
        #expect(list.map(\.name) == ["NOT_YET", "BEFORE"])
        #expect(list.map(\.value) == [0, -1])
        #expect(btf.enumeration("sock") == nil)
    }

    @Test func readsAModuleAfterTheKernel() throws {
        var module = BTFBuilder(after: Self.kernel())
        // Type 1 is the kernel's int.
        _ = module.function("nf_conntrack_in", returning: 1, [1])
        let btf = try BTF([Self.kernel().bytes, module.bytes], moduleName: "nf_conntrack")
        #expect(btf.function("nf_conntrack_in")?.returns.size == 4)
        #expect(btf.argumentCount("tcp_v4_connect") == 3)
    }

    @Test func refusesWhatIsNoBTF() {
        #expect(throws: BPFError.self) {
            _ = try BTF([[UInt8]("no such thing, by a long way".utf8)])
        }
        #expect(throws: BPFError.self) { _ = try BTF([[]]) }
    }

    @Test func refusesAKindItDoesNotKnow() {
        var build = BTFBuilder()
        _ = build.unknown()
        #expect(
            throws: BPFError(
                .btf, "read the types of the kernel",
                detail: "it has a kind of type unknown here (77)")
        ) { _ = try BTF([build.bytes]) }
    }

    @Test func refusesEveryTruncation() {
        let whole = Self.kernel().bytes
        for length in 0..<whole.count {
            #expect(throws: BPFError.self) { _ = try BTF([Array(whole[..<length])]) }
        }
    }

    @Test func survivesDamage() {
        let whole = Self.kernel().bytes
        var seed: UInt64 = 42
        func random(_ bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % bound
        }
        for _ in 0..<3000 {
            var bytes = whole
            for _ in 0...random(4) { bytes[random(bytes.count)] = UInt8(random(256)) }
            guard let btf = try? BTF([bytes]) else { continue }
            _ = btf.function("tcp_v4_connect")
            _ = btf.function("tcp_twsk_unique")
            _ = btf.field("__sk_common.skc_dport", of: "sock")
            _ = btf.enumValue("NONE")
            _ = btf.enumeration("skb_drop_reason")
        }
    }
}

@Suite(.enabled(if: KernelUnderTest.hasTypes, "needs a kernel with BTF"))
struct RunningKernelBTFTests {
    @Test func knowsTheRunningKernel() throws {
        let btf = try BTF.vmlinux()
        #expect(btf.typeCount > 1000)
        #expect((btf.argumentCount("tcp_v4_connect") ?? 0) == 3)
        #expect(btf.structHasField("sock", "__sk_common.skc_dport"))
        #expect(btf.enumValue("BPF_MAP_TYPE_RINGBUF") == 27)
        #expect(btf.enumValue("LINUX_MIB_LISTENDROPS") != nil)
    }

    @Test func saysWhichModuleHasNoTypes() {
        #expect {
            _ = try BTF.module("no_such_module")
        } throws: {
            ($0 as? BPFError)?.code == .notFound && "\($0)".contains("no_such_module")
        }
    }
}
