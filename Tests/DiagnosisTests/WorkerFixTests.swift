// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Diagnosis

/// More workers: only where they bound what is accepted, and only more than there are.
@Suite struct WorkerFixTests {
    private func finding(_ processes: [ProcessFacts], waiting: UInt64 = 50) throws -> Finding {
        let seen = Served.behind(processes, waiting: waiting)
        return try #require(
            seen.report.findings.first {
                $0.id == .workersTooFew && $0.subject == .listener(Served.loopback4)
            })
    }

    private func directives(_ processes: [ProcessFacts], waiting: UInt64 = 50) throws -> [String: String] {
        try finding(processes, waiting: waiting).directives
    }

    /// 25 threads serve in each of six processes of 27: 150, and 50 wait. In whole processes.
    @Test func apacheWithThreads() throws {
        let family = Served.family(6, of: Served.process("apache2", threads: 27))
        #expect(try directives(family) == ["MaxRequestWorkers": "250"])
        #expect(try finding(family).fixes.first?.what.contains("instead of 150") == true)
        // 16 processes, 400 threads are all that ServerLimit lets it have by default.
        #expect(
            try directives(family, waiting: 300) == ["MaxRequestWorkers": "550", "ServerLimit": "22"])
    }

    @Test func apacheWithProcesses() throws {
        let family = Served.family(4, of: Served.process("apache2"))
        #expect(try directives(family) == ["MaxRequestWorkers": "65"])
        #expect(
            try directives(family, waiting: 300) == ["MaxRequestWorkers": "365", "ServerLimit": "365"])
    }

    @Test func phpFPM() throws {
        let family = Served.family(5, of: Served.process("php-fpm8.2", title: "php-fpm: pool www"))
        #expect(try directives(family) == ["pm.max_children": "70"])
    }

    @Test func gunicornWithSyncWorkers() throws {
        let family = Served.family(
            2, of: Served.process("python3.11", "python3 gunicorn -w 2 app:app", command: "gunicorn"))
        #expect(try directives(family) == ["workers": "65"])
        #expect(try finding(family).fixes.first?.command == "--workers 65")
    }

    @Test func uwsgiWithThreads() throws {
        let family = Served.family(2, of: Served.process("uwsgi", "uwsgi -p 2 --threads 5", threads: 5))
        // 10 and 50, a fifth more: 75 in processes of five.
        #expect(try directives(family) == ["processes": "15"])
    }

    @Test func pumaCountsItsPool() throws {
        let names = ["puma srv tp ": 5, "puma reactor": 1, "puma srv thread": 2]
        let family = Served.family(
            2, of: Served.process("ruby3.1", "puma", command: "puma", threads: 9, names: names))
        #expect(try directives(family) == ["threads": "38"])
    }

    @Test func unicorn() throws {
        let family = Served.family(
            2, of: Served.process("ruby3.1", title: "unicorn master", command: "unicorn"))
        #expect(try directives(family) == ["worker_processes": "65"])
    }

    /// The number of processes that hold the socket is nobody's capacity: a number might be less
    /// than today's. The setting is named, and how to read it.
    @Test(
        arguments: [
            ([Served.process("java", "java Pool", threads: 120)], "pool"),
            ([Served.process("postgres", "postgres -D /srv")], "PgBouncer"),
            ([Served.process("mariadbd", threads: 40)], "thread_cache_size"),
            (
                Served.family(2, of: Served.process("gunicorn", "gunicorn -c g.py app:app")), "--print-config"
            ),
            (
                Served.family(2, of: Served.process("gunicorn", "gunicorn --threads 8 app:app")),
                "1000 for each"
            ),
            (Served.family(2, of: Served.process("gunicorn", "gunicorn -k gevent app:app")), "1000 for each"),
            (Served.family(4, of: Served.process("uwsgi", "uwsgi --ini app.ini")), "processes"),
            (Served.family(2, of: Served.process("puma", threads: 9)), "threads"),
            ([Served.process("apache2", threads: nil)], "MaxRequestWorkers"),
            ([Served.process("php-fpm8.2")], "pm.max_children"),
            (
                [Served.process("java", "java org.apache.catalina.startup.Bootstrap", threads: 60)],
                "maxConnections"
            ),
            (Served.family(2, of: Served.process("nginx")), "worker_connections"),
            ([Served.process("haproxy", threads: 4)], "maxconn"),
            ([Served.process("memcached", threads: 10)], "conn-limit"),
            ([Served.process("sshd")], "MaxStartups"),
        ] as [([ProcessFacts], String)])
    func whereTheCapacityIsNotKnownThereIsNoNumber(processes: [ProcessFacts], named: String) throws {
        let finding = try finding(processes)
        #expect(finding.directives.isEmpty)
        let words = finding.fixes.map { $0.what + " " + $0.lasting }.joined(separator: " ")
        #expect(words.contains(named))
        #expect(
            !finding.fixes.contains { $0.command.contains { $0.isNumber } && !$0.command.hasPrefix("tcpwhy") }
        )
    }

    /// An event loop accepts all that come unless it is busy: nothing there is too few.
    @Test(
        arguments: [
            Served.process("node", "node server.js"), Served.process("redis-server"),
            Served.process("envoy", threads: 4),
        ])
    func eventLoopsAreLookedAt(process: ProcessFacts) throws {
        let finding = try finding([process])
        #expect(finding.directives.isEmpty && finding.fixes.count == 1)
        #expect(finding.fixes.first?.command == "tcpwhy profile -p 500 -d 10 --svg busy.svg")
    }

    /// Where memory holds no more of them, no number is right.
    @Test func noMoreThanMemoryHolds() throws {
        var seen = Served.behind(Served.family(5, of: Served.process("php-fpm8.2", memory: 1 << 30)))
        seen.availableMemory = 1 << 30
        let finding = try #require(seen.report.findings[.workersTooFew])
        #expect(finding.directives.isEmpty)
        #expect(finding.fixes.first?.lasting.contains("php-fpm8.2 -tt") == true)
    }

    /// Whatever the load, a value is above what there is.
    @Test(arguments: [1, 2, 5, 40, 150], [2, 3, 50, 4000] as [UInt64])
    func valuesAreAboveTodays(children: Int, waiting: UInt64) throws {
        for (executable, setting) in [("php-fpm8.2", "pm.max_children"), ("apache2", "MaxRequestWorkers")] {
            let value = try directives(
                Served.family(children, of: Served.process(executable)), waiting: waiting)
            let number = try #require(value[setting].flatMap { Int($0) })
            #expect(number > children)
        }
    }
}
