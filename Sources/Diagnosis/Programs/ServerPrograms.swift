// SPDX-License-Identifier: Apache-2.0
import Model

/// The server programs that advice is known for.
enum ServerPrograms {
    /// The first that takes a process is the one: what runs inside another (Tomcat in Java) comes
    /// before it.
    static let table: [any ServerProgram.Type] = [
        SystemdSocket.self, Nginx.self, Apache.self, PHPFPM.self, HAProxy.self, Envoy.self,
        Gunicorn.self, UWSGI.self, Puma.self, Unicorn.self, Node.self,
        Redis.self, Memcached.self, PostgreSQL.self, MySQL.self, SSHD.self,
        Tomcat.self, Jetty.self, Netty.self, Java.self, GoProgram.self,
    ]

    /// Of the processes that hold one socket, the first one that is known; a parent comes before
    /// its children.
    static func program(of processes: [Invocation]) -> (any ServerProgram)? {
        for process in processes {
            for row in table {
                if let program = row.init(process) { return program }
            }
        }
        return nil
    }
}

extension Observation {
    /// What processes of one name run that connect or bind. Where the name, which may be a thread's,
    /// does not tell, those do that were looked at.
    func program(of pids: Set<UInt32>, _ command: String) -> (any ServerProgram)? {
        let known = pids.sorted().compactMap { processes[$0] }.map(Invocation.init)
        return ServerPrograms.program(of: [Invocation(command: command)] + known)
    }
}
