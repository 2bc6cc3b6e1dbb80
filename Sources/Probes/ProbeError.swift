// SPDX-License-Identifier: Apache-2.0
import BPF

/// Why a probe cannot be had, and what to do about it.
public struct ProbeError: Error, Sendable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// Nothing here can be traced: exit code 77.
        case cannotTrace
        /// The backend that was asked for is not to be had here.
        case backendRefused
        /// A probe that ran failed.
        case failed
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ error: BPFError) {
        self.init(.failed, error.description)
    }

    public var description: String { message }
}
