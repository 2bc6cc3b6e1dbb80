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

/// A program that is killed after half a minute, or before. What a test starts may have signals
/// blocked, so that timeout(1) would not end it.
final class Started {
    private let process = Process()
    private let pipe = Pipe()

    init(_ name: String, _ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: try #require(Installed.path(name)))
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        DispatchQueue.global().asyncAfter(deadline: .now() + 30) { [process] in
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }
    }

    deinit { end() }

    /// Waits until it has made a file, so that it serves.
    func wait(for path: String) throws {
        for _ in 0..<200 where !FileManager.default.fileExists(atPath: path) { usleep(50_000) }
        try #require(FileManager.default.fileExists(atPath: path))
    }

    /// Waits for its end.
    /// - Returns: its status, and what it wrote to standard output and error.
    func result() -> (status: Int32, said: String) {
        let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, said)
    }

    func end() {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}

/// The same of what must succeed.
/// - Returns: what it wrote.
@discardableResult
func check(
    _ name: String, _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
) throws -> String {
    let (status, said) = try Started(name, arguments).result()
    #expect(status == 0, "\(name) said: \(said)", sourceLocation: sourceLocation)
    return said
}

@discardableResult
func check(
    _ name: String, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
) throws -> String {
    try check(name, arguments, sourceLocation: sourceLocation)
}
