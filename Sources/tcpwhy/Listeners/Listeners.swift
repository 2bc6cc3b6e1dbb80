// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Collector
import Model

struct Listeners: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "listeners",
        abstract: "Shows every listening socket, its queues, and how long connections wait in them.",
        discussion: """
            Per listening socket, of every network namespace: how full its accept queue and its SYN \
            queue are, how many connections are accepted, how long they had waited for it, how many \
            waited already when one came, what is lost, and who holds the socket. Members of a \
            SO_REUSEPORT group have a row each, so that a stuck worker shows. The fullest come first.

            Without an interval, a count, or -d, the table redraws every second on a terminal until \
            Ctrl-C; elsewhere there is one report, after one second, and that is all.

            The limit of the accept queue is the smaller of what listen() was given and \
            net.core.somaxconn at that time; "by" says which of the two it is.

            Where neither fentry nor kprobes are to be had, waits are those of the system calls \
            accept and accept4, drops are the sockets' own counters, and how many waited when a \
            connection came is not measured.

            EXAMPLES:
              tcpwhy listeners                  a table that redraws every second
              tcpwhy listeners | cat            one look
              tcpwhy listeners 5 12             every 5 seconds, 12 times, then the totals
              tcpwhy listeners -c nginx -P 80   nginx's sockets that listen on port 80
              tcpwhy listeners --json -d 10     JSON Lines for 10 seconds, then a summary
            """)

    @OptionGroup var report: ReportOptions

    @OptionGroup var filter: ListenerFilter

    @Flag(help: "JSON Lines: one object per listening socket and interval, a summary at the end.")
    var json = false

    func run() throws {
        try Preflight.current().requireTracing()
        Log.start(verbose: report.verbose)
        let output = try Output.to(report.file, .growing)
        let isOneLook =
            !output.isTerminal && report.interval == nil && report.count == nil && report.duration == nil
        let view = ListenersView(output: output, json: json, top: report.top, isOneLook: isOneLook)
        var listeners = ListenersQuestion()
        listeners.accepts = report.backend == nil ? .ifPossible : .must
        listeners.owners = .all
        var questions = Questions()
        filter.apply(to: &questions)
        report.apply(to: &questions)
        questions.listeners = listeners
        let source = try Collector(
            questions, report.pace(count: isOneLook ? 1 : nil), note: Output.note)
        try ListenersReader(view: view, shown: try filter.shown()).read(source)
        try output.finish()
    }
}
