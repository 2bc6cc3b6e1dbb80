// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Programs of this machine.
enum Installed {
    /// Debian keeps daemons, and PostgreSQL's most of all, where only their callers look.
    private static let folders: [String] = {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let postgres = names(in: "/usr/lib/postgresql").map { "/usr/lib/postgresql/\($0)/bin" }
        return path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"] + postgres
    }()

    private static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    /// - Parameter name: with its version, or, if there is none of that name, without: "php-fpm".
    static func path(_ name: String) -> String? {
        let exact = folders.lazy.map { "\($0)/\(name)" }
        let versioned = folders.lazy.flatMap { folder in
            names(in: folder).filter { isVersion($0, of: name) }.map { "\(folder)/\($0)" }
        }
        return exact.first { FileManager.default.isExecutableFile(atPath: $0) }
            ?? versioned.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private static func isVersion(_ file: String, of name: String) -> Bool {
        file.hasPrefix(name) && file.dropFirst(name.count).allSatisfy { $0.isNumber || $0 == "." }
    }
}

extension Trait where Self == ConditionTrait {
    static func needs(_ name: String) -> Self {
        .enabled("\(name) is not installed") { Installed.path(name) != nil }
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
