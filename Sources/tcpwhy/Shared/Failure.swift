// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import BPF
import Glibc

/// What ends the program early: what failed, why, what to do; and the exit code.
struct Failure: Error {
    let code: Int32
    let message: String

    static func failed(_ message: Message) -> Failure { Failure(code: 1, message: message) }
    static func usage(_ message: Message) -> Failure { Failure(code: 2, message: message) }
    static func cannotTrace(_ message: Message) -> Failure { Failure(code: 77, message: message) }

    init(code: Int32, message: Message) {
        self.code = code
        self.message = message.text
    }

    init(_ error: BPFError) {
        self.init(code: error.code == .cannotTrace ? 77 : 1, message: "\(error)")
    }

    func report() { Output.note(message) }
}

/// Whoever read the output has gone: nothing more to say, and no failure.
struct OutputClosed: Error {}

extension ValidationError {
    init(saying message: Message) { self.init(message.text) }
}
