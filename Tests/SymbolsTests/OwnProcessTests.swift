// SPDX-License-Identifier: Apache-2.0
import CLibelf
import Glibc
import Testing

@testable import Symbols

/// The process that runs the tests: what the loader says is the oracle.
@Suite struct OwnProcessTests {
    private let symbols = UserSymbols.served()
    private let own = UInt32(getpid())

    @Test func namesWhatTheLoaderFinds() throws {
        for name in ["malloc", "getenv", "qsort", "fopen"] {
            let address = try #require(dlsym(nil, name))
            let frame = symbols.frame(pid: own, address: UInt64(UInt(bitPattern: address)))
            #expect(frame.name == name && frame.module == "libc.so.6" && frame.kind == .function)
        }
    }

    @Test func agreesWithTheLoaderAboutSwiftsRuntime() throws {
        for name in ["swift_retain", "swift_allocObject", "swift_getTypeByMangledNameInContext"] {
            let address = try #require(dlsym(nil, name))
            let frame = symbols.frame(pid: own, address: UInt64(UInt(bitPattern: address)) + 1)
            #expect(frame.kind == .function && frame.module == "libswiftCore.so")
            #expect(frame.name == name)
        }
    }

    @Test func namesTheKernelsFunctions() throws {
        let start = UInt64(getauxval(UInt(AT_SYSINFO_EHDR)))
        let module = Modules.readVdso()
        let address = try #require(
            (0..<8192).first { module.functions.function(at: $0)?.name.contains("clock_gettime") == true })
        let frame = symbols.frame(pid: own, address: start + UInt64(address))
        #expect(frame.module == "[vdso]" && frame.kind == .vdso)
        #expect(frame.name?.contains("clock_gettime") == true)
    }

    @Test func dropsNoFrame() {
        #expect(
            symbols.frame(pid: own, address: 16)
                == UserFrame(name: nil, module: "[unknown]", offset: 16, kind: .unresolved))
        #expect(symbols.frame(pid: 0, address: .max).description == "[unknown]")
        #expect(symbols.frame(pid: .max, address: 0).module == "[unknown]")
    }

    @Test func findsWhatIsMappedLater() throws {
        let symbols = UserSymbols.served()
        symbols.note(pid: own)
        let page = try #require(
            mmap(nil, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
        defer { munmap(page, 4096) }
        let address = UInt64(UInt(bitPattern: page))
        symbols.note(pid: own)
        #expect(symbols.covers(pid: own, address: address))
        #expect(symbols.frame(pid: own, address: address).description == "[anon]")
    }
}
