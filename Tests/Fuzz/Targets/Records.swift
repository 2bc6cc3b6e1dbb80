// SPDX-License-Identifier: Apache-2.0
import Model

@testable import Probes

extension FuzzTarget {
    /// Records of the rings, and rows of tables: whole, too short, or of any content.
    static let records = FuzzTarget("records") { bytes in
        let all = ConnectCoverage(backend: .fentry, method: .derived, bind: true)
        let span = bytes.span.bytes
        if let event = ConnectDecoding.event(span, all.method) {
            try holds(
                event.key == ConnectDecoding.key(bytes.span.bytes.extracting(8...)), "an event has its key")
            try holds(!event.key.command.text.contains("\0"), "a name ends at its zero")
        }
        if let stats = ConnectDecoding.stats(span, sees: all) {
            try holds(!stats.failed.values.contains(0), "only errors that were seen")
        }
        if let range = ConnectDecoding.ownRange(span) { try holds(!range.isEmpty, "a range has ports") }
        _ = ConnectDecoding.epoch(span)
        _ = ListenerDecoding.loss(span)
        ListenerDecoding.sockets(span, netns: 1, somaxconn: 1) { _, _ in }
        if case .sample(let sample, _) = SampleDecoding.event(span) {
            try holds(!sample.command.contains("\0"), "a name ends at its zero")
        }
        try holds(!StackTables.frames(span).contains(0), "a stack ends at its first zero")
    }
}
