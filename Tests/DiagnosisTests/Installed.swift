// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Programs of this machine.
enum Installed {
    private static let folders =
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        + ["/usr/sbin", "/sbin", "/usr/local/sbin"]

    static func path(_ name: String) -> String? {
        folders.lazy.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    static func first(of names: [String]) -> String? { names.first { path($0) != nil } }
}

extension Trait where Self == ConditionTrait {
    /// Skipped where none of these is installed.
    static func needs(_ names: String...) -> Self {
        .enabled("not installed: \(names.joined(separator: ", "))") { Installed.first(of: names) != nil }
    }
}

/// A folder that is gone with this.
final class Scratch {
    let path: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("tcpwhy-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// - Returns: the file's path.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try text.write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8)
        return "\(path)/\(name)"
    }
}

/// Runs it to its end, or for half a minute.
/// - Returns: its status, and what it wrote to standard output and error.
func run(_ name: String, _ arguments: [String]) throws -> (status: Int32, said: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
    process.arguments = ["30", try #require(Installed.path(name))] + arguments
    let pipe = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, said)
}

/// The same of what must succeed.
/// - Returns: what it wrote.
@discardableResult
func check(
    _ name: String, _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
) throws -> String {
    let (status, said) = try run(name, arguments)
    #expect(status == 0, "\(name) said: \(said)", sourceLocation: sourceLocation)
    return said
}

@discardableResult
func check(
    _ name: String, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
) throws -> String {
    try check(name, arguments, sourceLocation: sourceLocation)
}

/// A server that runs until it is ended, or for half a minute.
final class Started {
    private let process = Process()

    /// - Parameter path: a file that is there once it serves.
    init(_ name: String, _ arguments: [String], until path: String) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
        process.arguments = ["30", try #require(Installed.path(name))] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        for _ in 0..<200 where !FileManager.default.fileExists(atPath: path) { usleep(50_000) }
        try #require(FileManager.default.fileExists(atPath: path), "\(name) did not start")
    }

    deinit { end() }

    func end() {
        guard process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }
}
