// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// tcpwhy as a user runs it, under a load that says itself what it did. One test
/// at a time: they share the machine's two CPUs and its kernel.
@Suite(.serialized, .enabled(if: Lab.obstacle == nil, Comment(rawValue: Lab.obstacle ?? "")))
enum KernelTests {}

/// What must work here. Whoever runs the tests says so (scripts/kernel-test does):
/// a backend that is refused is a failure.
enum Backend: String, CaseIterable, CustomTestStringConvertible {
    case fentry, kprobe, tracepoint

    var testDescription: String { rawValue }

    /// Whether it sees the search itself.
    var seesSearch: Bool { self != .tracepoint }
}

/// Where the tests run and what they run.
enum Lab {
    private static let environment = ProcessInfo.processInfo.environment

    static let backends: [Backend] = (environment["TCPWHY_BACKENDS"] ?? "").split(separator: ",")
        .map { Backend(rawValue: String($0))! }
    /// Those that see the search itself.
    static let probing = backends.filter(\.seesSearch)

    /// Any of them, for what they have in common and takes long.
    static let anyBackend = Array(backends.suffix(1))

    static let tcpwhy = path("TCPWHY", "tcpwhy", "release/tcpwhy")
    static let tcpload = path("TCPLOAD", "tcpload", "tcpload")
    static let oracle = path("TCPWHY_ORACLE", "oracle.bpf.o", "bpf-tests/oracle.bpf.o")
    /// What figures are printed under.
    static let kernel = environment["TCPWHY_KERNEL"] ?? "native"
    /// Under an emulator, where everything takes twenty times as long.
    static let isEmulated = environment["TCPWHY_EMULATED"] != nil

    static let isNative = kernel == "native"

    /// The guest that has the tests `onOneKernel`, if it is another one.
    fileprivate static let elsewhere = environment["TCPWHY_ELSEWHERE"]

    /// Why nothing can be tested here.
    static let obstacle: String? =
        if backends.isEmpty {
            "TCPWHY_BACKENDS does not say which backends must work: run scripts/kernel-test"
        } else if geteuid() != 0 {
            "tracing needs root"
        } else {
            nil
        }

    /// From the environment; else next to this program or where `make` puts it.
    private static func path(_ variable: String, _ name: String, _ built: String) -> String {
        if let path = environment[variable] { return path }
        let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let beside = folder.appendingPathComponent(name).path
        return FileManager.default.fileExists(atPath: beside) ? beside : ".build/\(built)"
    }

    /// A measured figure, which scripts/kernel-test shows.
    static func figure(_ text: String) {
        print("figure: \(kernel) \(text)")
    }

    /// Polls until `condition`; whether it came true in time.
    static func wait(_ seconds: Double = 30, until condition: () throws -> Bool) rethrows -> Bool {
        let end = Date().addingTimeInterval(seconds)
        var pause: useconds_t = 5000
        while try !condition() {
            if Date() > end { return false }
            usleep(pause)
            // To leave a program and come back is what an emulated CPU does slowest.
            if isEmulated { pause = min(2 * pause, 80_000) }
        }
        return true
    }
}

extension Trait where Self == ConditionTrait {
    /// For what tcpwhy does alike on every kernel: it is tested natively and on one guest,
    /// which scripts/kernel-test chooses. What differs between kernels is tested on each.
    static var onOneKernel: Self {
        .enabled(if: Lab.elsewhere == nil, "on one kernel: \(Lab.elsewhere ?? Lab.kernel)")
    }
}

/// Why a test could not go on.
struct TestFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
