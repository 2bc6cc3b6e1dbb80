// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The running kernel, as it names itself. For people: what it can do is tried,
/// never concluded from its number.
public struct KernelRelease: Sendable, Hashable, CustomStringConvertible {
    /// "6.1.0-28-cloud-amd64"
    public let release: String
    /// "x86_64"
    public let machine: String

    public init(release: String, machine: String) {
        self.release = release
        self.machine = machine
    }

    public static func current() -> KernelRelease {
        var names = utsname()
        uname(&names)
        return KernelRelease(release: text(of: names.release), machine: text(of: names.machine))
    }

    public var description: String { "\(release) (\(machine))" }

    /// The first two numbers, of which a release always has at least one.
    public var version: (major: Int, minor: Int) {
        let numbers = release.split(maxSplits: 2, omittingEmptySubsequences: false) {
            !$0.isASCII || !$0.isNumber
        }
        func number(_ index: Int) -> Int {
            index < numbers.count ? Int(numbers[index]) ?? 0 : 0
        }
        return (number(0), number(1))
    }

    /// From one of utsname's arrays of characters.
    private static func text<Characters>(of characters: Characters) -> String {
        withUnsafeBytes(of: characters) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
