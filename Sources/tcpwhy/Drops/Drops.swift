// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Collector
import Model

struct Drops: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drops",
        abstract: "Shows which listening sockets lose connections, and why.",
        discussion: """
            Per listening socket: what it lost by cause (accept queue full when the SYN or the \
            last ACK of the handshake came, SYN queue full, no route, …), how full its queues are, \
            and who holds it; beside it the kernel's own counters, and what of them belongs to no \
            socket. Where neither fentry nor kprobes are to be had, the sockets' own counters \
            (sk_drops) without causes.

            EXAMPLES:
              tcpwhy drops                        a table that redraws every second
              tcpwhy drops 5 12                   every 5 seconds, 12 times
              tcpwhy drops -P 80                  of the sockets that listen on port 80
              tcpwhy drops --listener 0.0.0.0:80  of this one
              tcpwhy drops --events               one line per lost connection
              tcpwhy drops --reason NO_SOCKET     of other packets only those
              tcpwhy drops --stacks -d 10         by which way the kernel came to drop them
              tcpwhy drops --json -d 10           JSON Lines for 10 seconds, then a summary
            """)

    @OptionGroup var report: ReportOptions

    @OptionGroup var filter: ListenerFilter

    @OptionGroup var packets: PacketFilter

    @Flag(help: "JSON Lines: one object per listening socket and interval, a summary at the end.")
    var json = false

    @Flag(help: "One line per lost connection; under a flood some, and the number of the others.")
    var events = false

    func run() throws {
        try Preflight.current().requireTracing()
        Log.start(verbose: report.verbose)
        let output = try Output.to(report.file, .growing)
        let view = DropsView(output: output, form: form, top: report.top)
        let shown = try filter.shown()
        var listeners = ListenersQuestion()
        listeners.events = view.showsEvents
        listeners.namesSockets = shown.isFilter
        listeners.peers = true
        packets.apply(to: &listeners)
        listeners.conntrack = true
        listeners.owners = view.isJSON || filter.asksForOwners ? .all : .losing
        var questions = Questions()
        filter.apply(to: &questions)
        report.apply(to: &questions)
        questions.listeners = listeners
        let source = try Collector(questions, report.pace(), note: Output.note)
        var reader = DropsReader(view, shown, ownersOfAll: listeners.owners == .all)
        try reader.read(source)
        try output.finish()
    }

    private var form: DropsView.Form {
        switch (json, events) {
        case (true, true): .jsonEvents
        case (true, false): .json
        case (false, true): .events
        case (false, false): .table
        }
    }
}
