// SPDX-License-Identifier: Apache-2.0
import Model

/// Accepts all that come up to maxConnections; threads serve those that have sent a request.
struct Tomcat: ServerProgram {
    let name = "tomcat"
    var defaultBacklog: Int? { 100 }

    /// By its starter, or, inside of another program (Spring Boot), by the threads that it makes.
    init?(_ process: Invocation) {
        guard process.isNamed("java") else { return nil }
        let isStarted = process.arguments.contains { $0.hasPrefix("org.apache.catalina.startup.") }
        // "http-nio-8080-exec-1", of which the kernel keeps 15 bytes.
        guard isStarted || process.threads(named: "http-nio-") > 0 else { return nil }
    }

    func backlog(_ value: Int, of service: Service) -> ProgramSetting {
        ProgramSetting(
            "acceptCount", value: value, line: "acceptCount=\"\(value)\"",
            "at Tomcat's Connector of port \(service.port) in server.xml, beside its address (Spring Boot: "
                + "server.tomcat.accept-count=\(value)); then restart Tomcat")
    }

    func workers(_ value: Int?, of service: Service) -> [ProgramSetting] {
        [
            ProgramSetting(
                "maxConnections",
                "at Tomcat's Connector of port \(service.port) in server.xml, 8192 unless it is there; those "
                    + "it has accepted share maxThreads, 200; then restart Tomcat")
        ]
    }

    func keepalive(to endpoint: String) -> ProgramSetting? { Java.keepalive }
}

struct Jetty: ServerProgram {
    let name = "jetty"

    init?(_ process: Invocation) {
        guard process.isNamed("java") else { return nil }
        let isStarted = process.arguments.contains {
            $0.hasPrefix("-Djetty.") || $0.hasPrefix("org.eclipse.jetty.")
        }
        // "qtp1234567890-15": a QueuedThreadPool and its hash.
        guard isStarted || process.threads(named: "qtp") > 0 else { return nil }
    }

    func backlog(_ value: Int, of service: Service) -> ProgramSetting {
        ProgramSetting(
            "acceptQueueSize", value: value, line: "jetty.http.acceptQueueSize=\(value)",
            "in start.d/http.ini, beside jetty.http.host and jetty.http.port (in source: "
                + "ServerConnector.setAcceptQueueSize(\(value))); then restart Jetty")
    }

    func keepalive(to endpoint: String) -> ProgramSetting? { Java.keepalive }
}

struct Netty: ServerProgram {
    let name = "netty"

    init?(_ process: Invocation) {
        guard process.isNamed("java") else { return nil }
        // "nioEventLoopGroup-2-1", "epollEventLoopGroup-2-1", Reactor's "reactor-http-epoll-1".
        let names = ["nioEventLoopGro", "epollEventLoopG", "multiThreadIoEv", "reactor-http-"]
        guard names.contains(where: { process.threads(named: $0) > 0 }) else { return nil }
    }

    func backlog(_ value: Int, of service: Service) -> ProgramSetting {
        ProgramSetting(
            "SO_BACKLOG", value: value, line: ".option(ChannelOption.SO_BACKLOG, \(value))",
            "at the ServerBootstrap that binds \(service.endpoint), in the program's source; then restart it")
    }

    func keepalive(to endpoint: String) -> ProgramSetting? { Java.keepalive }
}

/// Any other program of Java: what takes its connections only its source says.
struct Java: ServerProgram {
    let name = "java"
    /// `ServerSocket`, where it is given none.
    var defaultBacklog: Int? { 50 }

    init?(_ process: Invocation) {
        guard process.isNamed("java") else { return nil }
    }

    func capacity(of service: Service) -> Capacity { .unknown }

    func backlog(_ value: Int, of service: Service) -> ProgramSetting {
        let address: ConfigurationLine =
            service.isAny ? "" : ", InetAddress.getByName(\"\(service.host)\")"
        return ProgramSetting(
            "backlog", value: value, line: "new ServerSocket(\(service.port), \(value)\(address))",
            "in the program's source, or the setting of its framework; then restart it")
    }

    func workers(_ value: Int?, of service: Service) -> [ProgramSetting] {
        [
            ProgramSetting(
                "pool",
                "in the program's source, or the setting of its framework; jcmd PID Thread.print names the "
                    + "threads of the pool and what each does",
                what: "let more threads take connections, if all of its pool are busy")
        ]
    }

    func keepalive(to endpoint: String) -> ProgramSetting? { Self.keepalive }

    static let keepalive = ProgramSetting(
        "pool", line: "a connection pool (HttpClient keeps connections by default)", "in the program's source"
    )
}
