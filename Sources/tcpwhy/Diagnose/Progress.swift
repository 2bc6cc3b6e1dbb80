// SPDX-License-Identifier: Apache-2.0
import Glibc

/// How far a run is: a line on a terminal that keeps changing, elsewhere one that says it began.
struct Progress {
    private let what: String
    private let seconds: Double
    private let isTerminal = Terminal.redrawsErrors

    init(_ what: String, backends: String, seconds: Double) {
        self.what = what
        self.seconds = seconds
        if isTerminal {
            show(0)
        } else {
            Output.note(
                "\(what) for \(Self.text(seconds)) s, backend \(backends); Ctrl-C ends it early")
        }
    }

    func show(_ elapsed: Double) {
        guard isTerminal else { return }
        Output.progress("\(what), \(Int(min(elapsed, seconds))) of \(Self.text(seconds)) s")
    }

    func end() {
        if isTerminal { Output.progress(nil) }
    }

    private static func text(_ seconds: Double) -> String {
        seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
    }
}
