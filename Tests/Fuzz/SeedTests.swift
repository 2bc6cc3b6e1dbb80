// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

/// What the fuzzers start from, and every input that broke something once: `make fuzz` finds them.
@Suite struct SeedTests {
    struct Input: Sendable, CustomTestStringConvertible {
        let target: String
        let path: String

        var testDescription: String { path }
    }

    private static let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        .joined(separator: "/")

    static let inputs = ["seeds", "crashes"].flatMap { kind in
        names(in: kind).flatMap { target in
            names(in: "\(kind)/\(target)").map { Input(target: target, path: "\(kind)/\(target)/\($0)") }
        }
    }

    @Test(arguments: inputs)
    func holds(input: Input) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == input.target }, "no target is so called")
        try target.check(try Self.contents(input.path))
    }

    @Test(arguments: FuzzTarget.all.map(\.name))
    func everyTargetHasSeeds(name: String) {
        #expect(!Self.names(in: "seeds/\(name)").isEmpty)
    }

    private static func names(in path: String) -> [String] {
        guard let directory = opendir("\(folder)/\(path)") else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    private static func contents(_ path: String) throws -> [UInt8] {
        let file = try #require(fopen("\(folder)/\(path)", "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        return Array(bytes[..<fread(&bytes, 1, bytes.count, file)])
    }
}
