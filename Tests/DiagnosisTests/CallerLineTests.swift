// SPDX-License-Identifier: Apache-2.0
import Model
import Testing

@testable import Diagnosis

/// Lines for programs that connect: to keep connections, and to leave the port to connect().
@Suite struct CallerLineTests {
    @Test(
        arguments: [
            ("nginx", "keepalive 32;"), ("haproxy", "http-reuse safe"),
            ("apache2", "ProxyPass \"/\" \"http://127.0.0.1:9000/\" enablereuse=on"),
            ("node", "new http.Agent({ keepAlive: true })"), ("mine", ""),
        ])
    func connectionsAreKept(command: String, line: String) throws {
        var key = Fixture.key(CommandName(command))
        key.pid = 7
        let seen = Fixture.healthy.withPorts { [key] in
            $0.connects = [key: Fixture.connects(tried: 50, failed: [99: 4000])]
            $0.ranges = [Fixture.range(20000, 20050, inUse: 51, timeWait: 41)]
        }.withFacts { $0.settings.portRange = 20000...20050 }
        let finding = try #require(seen.report.findings[.ephemeralPortsExhausted])
        let fix = try #require(finding.fixes.first { $0.what.contains("open and use them again") })
        #expect(fix.command == line)
    }

    @Test(
        arguments: [
            ("haproxy", "10.0.0.1", "source 10.0.0.1"), ("haproxy", "fd00::1", "source [fd00::1]"),
            ("nginx", "10.0.0.1", "proxy_bind 10.0.0.1;"), ("nginx", "fd00::1", "proxy_bind fd00::1;"),
        ])
    func addressesAreBoundAlone(command: String, source: String, line: String) throws {
        let seen = Fixture.healthy.withPorts {
            $0.connects[Fixture.bindKey(CommandName(command), source: IPAddress(source))] = Fixture.connects(
                1000, tried: nil, search: 300_000, failed: [98: 200])
        }
        let finding = try #require(seen.report.findings[.bindSearchExpensive])
        #expect(finding.fixes.first?.command == line)
    }
}
