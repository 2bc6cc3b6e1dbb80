// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Diagnosis

/// Which server program a process runs.
@Suite struct ProgramTests {
    /// As the servers of Debian show themselves.
    @Test(
        arguments: [
            (Served.process("nginx", title: "nginx: master process nginx -c /etc/nginx/nginx.conf"), "nginx"),
            (Served.process("apache2", "/usr/sbin/apache2 -k start"), "apache"),
            (Served.process("httpd", "/usr/sbin/httpd -DFOREGROUND"), "apache"),
            (Served.process("php-fpm8.2", title: "php-fpm: pool www"), "php-fpm"),
            (Served.process("haproxy", "/usr/sbin/haproxy -Ws -f /etc/haproxy/haproxy.cfg"), "haproxy"),
            (Served.process("envoy", "envoy -c envoy.yaml"), "envoy"),
            (
                Served.process(
                    "python3.11", "/usr/bin/python3 /usr/bin/gunicorn -w 2 app:app", command: "gunicorn"),
                "gunicorn"
            ),
            (
                Served.process("python3.11", "python3 -u -m gunicorn -w 2 app:app", command: "python3"),
                "gunicorn"
            ),
            (Served.process("uwsgi-core", "uwsgi-core --ini app.ini"), "uwsgi"),
            (
                Served.process("ruby3.1", title: "puma 5.6.5 (tcp://0.0.0.0:9292) [app]", command: "puma"),
                "puma"
            ),
            (
                Served.process("ruby3.1", title: "puma: cluster worker 0: 30463 [app]", command: "ruby"),
                "puma"
            ),
            (Served.process("ruby3.1", title: "unicorn master -c u.rb", command: "unicorn"), "unicorn"),
            (Served.process("node", "node server.js", command: "MainThread"), "node"),
            // Debian's redis-server is the same file as redis-check-rdb.
            (
                Served.process(
                    "redis-check-rdb", title: "redis-server 127.0.0.1:6379", command: "redis-server"),
                "redis"
            ),
            (Served.process("memcached", "/usr/bin/memcached -m 64 -p 11211"), "memcached"),
            (Served.process("postgres", "/usr/lib/postgresql/15/bin/postgres -D /var/lib/x"), "postgres"),
            (Served.process("mariadbd", "/usr/sbin/mariadbd"), "mysql"),
            (
                Served.process("sshd", title: "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"),
                "sshd"
            ),
            (Served.process("systemd", "/sbin/init", pid: 1), "systemd"),
            (
                Served.process(
                    "java", "java -cp tomcat-juli.jar org.apache.catalina.startup.Bootstrap start"),
                "tomcat"
            ),
            (Served.process("java", "java -jar shop.jar", names: ["http-nio-8080-e": 10]), "tomcat"),
            (Served.process("java", "java -Djetty.home=/opt/jetty -jar start.jar"), "jetty"),
            (Served.process("java", "java -jar shop.jar", names: ["qtp123456789-": 8]), "jetty"),
            (Served.process("java", "java -jar api.jar", names: ["nioEventLoopGro": 4]), "netty"),
            (Served.process("java", "java Pool", names: ["pool-1-thread-": 100]), "java"),
        ] as [(ProcessFacts, String)])
    func processesAreRecognised(process: ProcessFacts, name: String) {
        #expect(Served.program(process)?.name == name)
    }

    @Test(
        arguments: [
            Served.process("python3.11", "python3 srv.py"),
            Served.process("python3.11", "python3 backup.py gunicorn"),
            Served.process("node_exporter", "node_exporter"), Served.process("nginx-agent", "nginx-agent"),
            Served.process("systemd-resolved", "/lib/systemd/systemd-resolved"),
            Served.process("ruby3.1", "ruby app.rb"), Served.process("", "", command: ""),
        ])
    func othersAreNot(process: ProcessFacts) {
        #expect(Served.program(process) == nil)
    }

    /// Its linker left a note, whatever it is called.
    @Test func programsInGoAreRecognised() {
        var facts = Served.process("shop", "/srv/shop")
        #expect(Served.program(facts) == nil)
        facts.program.isGo = true
        #expect(Served.program(facts)?.name == "go")
    }

    @Test(arguments: [("php-fpm8.2", "php-fpm"), ("nginx", "nginx"), ("apache2", "apache"), ("java", "java")])
    func theNameAloneTellsWhereNobodyLooked(command: String, name: String) {
        #expect(ServerPrograms.program(of: [Invocation(command: command)])?.name == name)
    }

    /// Who listens in its place decides about the backlog.
    @Test func systemdComesBeforeTheServiceThatItStarts() {
        let owners = [Served.process("systemd", "/sbin/init", pid: 1), Served.process("nginx", "nginx")]
        #expect(ServerPrograms.program(of: owners.map(Invocation.init))?.name == "systemd")
    }

    @Test func ownersAreCalledByTheirProgram() {
        let service = Served.service([Served.process("node", "node server.js", command: "MainThread")])
        #expect(service.command == "node")
        #expect(Served.service([Served.process("php-fpm8.2")]).command == "php-fpm8.2")
    }

    @Test(
        arguments: [
            ("-w 4", "4"), ("-w4", "4"), ("--workers 4", "4"), ("--workers=4", "4"),
            ("-w 2 --workers 4", "4"),
            ("", nil), ("-w", nil), ("--workersx=4", nil),
        ] as [(String, String?)])
    func optionsHaveValues(line: String, value: String?) {
        let process = Invocation(Served.process("gunicorn", "gunicorn " + line))
        #expect(process.value(of: "-w", "--workers") == value)
    }

    /// Arguments are anybody's: what no server can have is no number.
    @Test(arguments: ["9223372036854775807", "-3", "0", "x", "99999999999999999999"])
    func numbersThatCannotBeAreNone(number: String) {
        let process = Invocation(Served.process("uwsgi", "uwsgi --threads \(number)"))
        #expect(process.count(of: "--threads") == nil)
    }

    /// A thread of Java has a name of its own; its process tells.
    @Test func callersAreRecognisedByTheirProcess() {
        var seen = Fixture.healthy
        seen.processes[80] = Served.process("java", "java Pool", pid: 80)
        #expect(seen.program(of: [80], "pool-1-thread-7")?.name == "java")
        #expect(seen.program(of: [81], "pool-1-thread-7") == nil)
        #expect(seen.program(of: [81], "haproxy")?.name == "haproxy")
    }
}
