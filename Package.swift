// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// `make fuzz` asks for what it links its program from, instead of the tests of the same folder.
let isFuzzing = Context.environment["TCPWHY_FUZZ"] != nil

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

// The archives by name: a plain -lbpf would take the shared library, and the
// executable must run where there is none. Newer libelf.a have a crc32 of their own, which
// must not come before zlib's, and need zstd; older ones take nothing of it.
let archives: [LinkerSetting] = [":libbpf.a", ":libz.a", ":libelf.a", ":libzstd.a"]
    .map { .linkedLibrary($0) }

/// Where text and bytes of others are read.
let fuzzed: [Target.Dependency] = [
    "BPF", "CPrograms", "Host", "Model", "Probes", "Report", "Stacks", "Symbols",
]

let package = Package(
    name: "tcpwhy",
    products: [.executable(name: "tcpwhy", targets: ["tcpwhy"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibbpf", pkgConfig: "libbpf",
            providers: [.apt(["libbpf-dev", "libelf-dev", "zlib1g-dev", "libzstd-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(
            name: "CLibelf",
            providers: [.apt(["libelf-dev", "liblzma-dev", "zlib1g-dev", "libzstd-dev"])]),
        // What a libelf.a lacks.
        .target(name: "CLibelfTree"),
        // What must be so before Swift's runtime starts.
        .target(name: "CStart"),
        .systemLibrary(name: "CWorker"),
        .systemLibrary(name: "CDemangle", providers: [.apt(["libiberty-dev"])]),
        .target(
            name: "CPrograms", path: "bpf", exclude: ["lib"], sources: ["programs.c"],
            publicHeadersPath: "include"),
        .target(
            name: "BPF", dependencies: ["CLibbpf", "CLibelfTree", "CLinux"],
            swiftSettings: settings + [.strictMemorySafety()], linkerSettings: archives),
        .target(name: "Model", swiftSettings: settings),
        .target(
            name: "Host", dependencies: ["CLinux", "Model"], swiftSettings: settings),
        .target(
            name: "Symbols",
            dependencies: ["CDemangle", "CLibelf", "CLibelfTree", "CLinux", "CWorker", "Host", "Model"],
            swiftSettings: settings,
            linkerSettings: archives + [
                .linkedLibrary(":libiberty.a"), .linkedLibrary(":liblzma.a"), .linkedLibrary("stdc++"),
            ]),
        .target(
            name: "Probes", dependencies: ["BPF", "CPrograms", "Host", "Model"],
            swiftSettings: settings),
        .target(
            name: "Collector", dependencies: ["BPF", "Host", "Model", "Probes", "Symbols"],
            swiftSettings: settings),
        .target(name: "Diagnosis", dependencies: ["Model"], swiftSettings: settings),
        .target(name: "Report", dependencies: ["Model"], swiftSettings: settings),
        // The picture's script and style are files of their own, and part of the executable.
        .target(
            name: "Stacks", dependencies: ["Model"],
            resources: [.embedInCode("Flame/flame.js"), .embedInCode("Flame/flame.css")],
            swiftSettings: settings),
        .executableTarget(
            name: "tcpwhy",
            dependencies: [
                "BPF", "CStart", "Collector", "Diagnosis", "Host", "Model", "Probes", "Report", "Stacks",
                "Symbols",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: settings),
        // Makes the manual page; see `make docs`.
        .executableTarget(name: "docgen", swiftSettings: settings),
        // What `make bench` measures inside one process. The linker leads allocations
        // through a counter, those of Swift too.
        .target(name: "BenchConsumer", path: "bench/consumer"),
        .executableTarget(
            name: "benchnative",
            dependencies: ["BPF", "BenchConsumer", "CPrograms", "Model", "Probes", "Report"],
            path: "bench/native", swiftSettings: settings,
            linkerSettings: [
                .unsafeFlags(
                    ["malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign"]
                        .flatMap { ["-Xlinker", "--wrap=\($0)"] })
            ]),
        // The same random numbers on every run.
        .target(name: "Seeded", path: "Tests/Seeded", swiftSettings: settings),
        .testTarget(name: "ModelTests", dependencies: ["Model", "Seeded"], swiftSettings: settings),
        .testTarget(
            name: "BPFTests", dependencies: ["BPF", "CLibbpf", "CLinux", "Host"], swiftSettings: settings),
        .testTarget(
            name: "HostTests", dependencies: ["CLinux", "Host", "Model", "Seeded"], swiftSettings: settings),
        .testTarget(
            name: "SymbolsTests", dependencies: ["CLibelf", "Host", "Model", "Seeded", "Symbols"],
            swiftSettings: settings),
        .testTarget(
            name: "DiagnosisTests", dependencies: ["Diagnosis", "Model", "Seeded"], swiftSettings: settings),
        .testTarget(
            name: "ReportTests", dependencies: ["Report", "Model", "Seeded"], swiftSettings: settings),
        .testTarget(
            name: "StacksTests", dependencies: ["Seeded", "Stacks"], exclude: ["flame.svg"],
            swiftSettings: settings),
        .testTarget(
            name: "ProbesTests", dependencies: ["BPF", "CPrograms", "Model", "Probes"],
            swiftSettings: settings),
        .testTarget(
            name: "CollectorTests", dependencies: ["Collector", "Host", "Model"], swiftSettings: settings),
        // What `make fuzz` found and what it starts from; its program is made elsewhere.
        .testTarget(
            name: "FuzzTests", dependencies: fuzzed, path: "Tests/Fuzz",
            exclude: ["Program", "README.md", "crashes", "seeds"], swiftSettings: settings),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "BPF", "Collector", "Diagnosis", "Host", "Model", "Seeded", "Stacks", "tcpwhy",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: settings),
        // Under real load, as root: scripts/kernel-test runs them.
        .testTarget(
            name: "KernelTests", dependencies: ["BPF", "CLibbpf", "Model", "Probes"],
            exclude: ["oracle.bpf.c"],
            swiftSettings: settings),
    ]
)

if isFuzzing {
    package.targets.removeAll { $0.name == "FuzzTests" }
    package.targets.append(
        .target(
            name: "Fuzz", dependencies: fuzzed, path: "Tests/Fuzz", sources: ["Program", "Targets"],
            swiftSettings: settings))
    package.products.append(.library(name: "Fuzz", type: .static, targets: ["Fuzz"]))
}
