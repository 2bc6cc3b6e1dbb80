// SPDX-License-Identifier: Apache-2.0
import BPF
import Model
import Testing

@testable import Probes

/// Which programs are taken where the kernel's type information lacks functions.
@Suite struct ConnectKernelTests {
    private static let all = ConnectPrograms.functions
    private static let typed = all.subtracting(ConnectPrograms.staticFunctions)

    /// - Parameters:
    ///   - types: the functions that the type information has.
    ///   - symbols: those that there are.
    private func kernel(types: Set<String>, symbols: Set<String>, IPv6: Bool) -> ConnectKernel {
        ConnectKernel(
            functions: types, hasSymbol: symbols.contains, hasIPv6: IPv6, stepsByOne: false,
            checkHasRCU: false, tablesGrow: false, hasTaskArguments: true, fentryRefusal: nil)
    }

    private func names(_ programs: [ProgramSpec]) -> [String] { programs.map(\.name) }

    @Test func aStaticFunctionWithoutATypeTakesAKprobe() throws {
        let kernel = kernel(types: Self.typed, symbols: Self.all, IPv6: true)
        let wanted = ConnectPrograms.connect(.kprobe)
        #expect(names(try kernel.require(wanted, .kprobe)) == names(wanted))
        #expect(names(try kernel.checks(.kprobe)) == ["kprobe_check4", "kprobe_check6"])
        #expect(throws: BPFError.self) {
            _ = try kernel.require(ConnectPrograms.connect(.fentry), .fentry)
        }
        #expect(throws: BPFError.self) { _ = try kernel.checks(.fentry) }
    }

    @Test(arguments: [Backend.fentry, .kprobe])
    func IPv6IsLeftOutOnlyWhereThereIsNone(backend: Backend) throws {
        let without = Self.all.subtracting(ConnectPrograms.IPv6Functions)
        let wanted = ConnectPrograms.connect(backend)
        let disabled = kernel(types: without, symbols: without, IPv6: false)
        #expect(
            names(try disabled.require(wanted, backend))
                == names(wanted.filter { $0.function != "tcp_v6_connect" }))
        #expect(names(try disabled.checks(backend)) == ["\(backend.rawValue)_check4"])
        let hidden = kernel(types: without, symbols: without, IPv6: true)
        #expect(throws: BPFError.self) { _ = try hidden.require(wanted, backend) }
        #expect(throws: BPFError.self) { _ = try hidden.checks(backend) }
    }

    @Test func tracepointsNeedNoFunction() throws {
        let kernel = kernel(types: [], symbols: [], IPv6: true)
        let wanted = ConnectPrograms.connect(.tracepoint)
        #expect(names(try kernel.require(wanted, .tracepoint)) == names(wanted))
        #expect(throws: BPFError.self) { _ = try kernel.checks(.tracepoint) }
    }
}
