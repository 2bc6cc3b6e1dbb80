// SPDX-License-Identifier: Apache-2.0
import Foundation
import Model
import Seeded
import Testing

@testable import Diagnosis

/// Whoever names processes, cgroups, namespaces, sockets, interfaces or chains writes no part of a command.
@Suite struct HostileNameTests {
    /// It is in each name, so that a command that holds one is known.
    private static let mark = "QZ"
    private static let plain = "QZplain"
    /// Each that a shell may take for something else, and what only has to be printable at once.
    private static let names: [String] = {
        let others = [HostileNames.forTerminals, HostileNames.forReaders, HostileNames.forFormats]
        let all =
            HostileNames.forShells.filter { !$0.hasPrefix("-") } + others.map { $0.joined(separator: " ") }
        return all.map { mark + ($0.hasSuffix(".service") ? String($0.dropLast(8)) : $0) }
    }()

    @Test(.needs("python3")) func namesAreOneWordOfEachCommand() throws {
        let hostile = Self.names.map { (name: $0, commands: Self.commands($0)) }
        let plain = Self.commands(Self.plain)
        // Nearly all sicknesses have some.
        #expect(plain.count > 30)
        #expect(hostile.allSatisfy { $0.commands.count > 20 })
        let words = try Self.words([plain] + hostile.map(\.commands))
        let active = Set(plain.map(Self.active))
        for (name, commands) in hostile {
            // The kernel cuts a process's name.
            let variants = [name, CommandName(name).text].map { Printable.text($0) }
            let known = Set(
                variants.flatMap { name in
                    plain.map { (words[$0] ?? []).map { $0.replacing(Self.plain, with: name) } }
                })
            for command in commands {
                #expect(known.contains(try #require(words[command])), "\(command)")
                #expect(active.contains(Self.active(command)), "\(command)")
            }
        }
    }

    @Test(arguments: ["-rf", "--now"]) func leadingDashesAreNoOptions(name: String) throws {
        let commands = Self.commands(name, holding: name)
        #expect(
            commands.contains("systemctl status -- '\(name).service'; systemctl restart -- '\(name).service'")
        )
        #expect(commands.contains("systemctl set-property -- '\(name).service' CPUQuota=95%"))
        #expect(commands.contains("systemctl thaw -- '\(name).service'"))
        #expect(commands.contains("tcpwhy ports --failed --comm='\(name)' -d 10"))
        // iptables(8) takes no such name, in whatever place.
        #expect(!commands.contains { $0.contains("-nvxL '-") || $0.contains("-I '-") })
    }

    /// What only looks like a container's id is none.
    @Test func idsAreHexadecimal() {
        #expect(CgroupName(directory: "/c/docker-0123456789abcdef.scope") == .docker("0123456789ab"))
        #expect(CgroupName(directory: "/c/docker--rf.scope") == .unit("docker--rf.scope"))
        #expect(CgroupName(directory: "/c/docker/$(x)") == .other)
        #expect(CgroupName(directory: "/c/docker-.scope") == .unit("docker-.scope"))
    }

    /// A path that nginx would read as more than a path is in no line for it.
    @Test func pathsThatNeedQuotesAreInNoLine() throws {
        func fix(_ path: String) throws -> Fix {
            var seen = Sick.fullUnixSocket.withPorts {
                $0.fullUnixSockets = [
                    UnixConnect(pid: 80, command: "nginx", netns: Fixture.netns, path: path): 1000
                ]
            }
            seen.unixListeners = [UnixListener(path: path, inode: 70, waiting: 512, backlog: 511)]
            seen.unixOwners = [70: [SocketOwner(pid: 80, command: "nginx", descriptor: 9)]]
            return try #require(seen.report.findings[.unixSocketBacklog]?.fixes.last)
        }
        #expect(try fix("/run/a.sock").command == "listen unix:/run/a.sock backlog=1024;")
        #expect(try fix("/run/x; include /tmp/evil").command == "")
    }

    // MARK: Runs

    private static let firewallTable = FirewallTable(.ip, "filter")

    /// Runs that are sick in each way, everything in which has this name.
    private static func runs(_ name: String) -> [Observation] {
        var runs = Sick.all.sorted { $0.key.rawValue < $1.key.rawValue }.map(\.value)
        runs += [false, true].flatMap { isVersion1 in
            ["/sys/fs/cgroup/\(name)", "/sys/fs/cgroup/\(name).service"].flatMap { directory in
                [
                    Fixture.healthy.withProcess(80) {
                        $0.scheduling?.quotas = [Sick.quota(directory, isVersion1: isVersion1)]
                    },
                    Sick.stopped.withProcess(80) {
                        $0.scheduling?.state = .sleeping
                        $0.scheduling?.frozen = FrozenCgroup(directory: directory, isVersion1: isVersion1)
                    },
                ]
            }
        }
        // nft(8) takes not each of these names.
        for table in [firewallTable, FirewallTable(.inet, name), FirewallTable(.inet, "f; reboot")] {
            var firewall = Firewall()
            firewall.chains = [
                FirewallChain(table, "INPUT", base: .init(.input, priority: 0, drops: false)),
                FirewallChain(table, name, base: .init(.input, priority: 1, drops: true)),
            ]
            firewall.rules = [
                FirewallRule(
                    table, name, handle: 5, position: 3, .drop, destination: PortMatch([80...80]))
            ]
            runs.append(Sick.firewall.withFacts { $0.firewall = firewall })
        }
        runs += ["pfifo_fast", "pfifo", "codel", "netem", name].map { kind in
            Fixture.healthy.withFacts {
                $0.qdiscs = [Fixture.qdisc(kind, drops: 5000, limit: 100, overLimit: 5000, name: name)]
            }
        }
        runs.append(
            Sick.closed.withDrops { drops in
                // It listened there, and has stopped.
                let former = Fixture.listener(5432, Fixture.localhost, inode: 800)
                drops.listeners[former] = Fixture.state(accepts: 10)
                drops.listeners[former]?.isClosed = true
            })
        return runs.map { rename($0, name) }
    }

    private static func rename(_ seen: Observation, _ name: String) -> Observation {
        var seen = seen.withDrops { drops in
            for inode in drops.owners.keys {
                drops.owners[inode] = drops.owners[inode]?.map {
                    SocketOwner(pid: $0.pid, command: name, descriptor: $0.descriptor)
                }
            }
            drops.acceptFailures = drops.acceptFailures.map { failures in
                Dictionary(
                    failures.map { failure, count in
                        var failure = failure
                        failure.command = name
                        return (failure, count)
                    }, uniquingKeysWith: +)
            }
        }.withPorts { ports in
            ports.connects = Dictionary(
                ports.connects.map { key, stats in
                    var key = key
                    key.command = CommandName(name)
                    return (key, stats)
                }, uniquingKeysWith: { $1 })
            ports.fullUnixSockets = ports.fullUnixSockets.map { sockets in
                Dictionary(
                    sockets.map { connect, count in
                        (
                            UnixConnect(
                                pid: connect.pid, command: name, netns: connect.netns, path: "/run/\(name)"),
                            count
                        )
                    }, uniquingKeysWith: +)
            }
        }.withFacts { facts in
            facts.commandPrefix = "ip netns exec \(name) "
            facts.qdiscs = facts.qdiscs?.map { qdisc in
                var qdisc = qdisc
                qdisc.link?.name = name
                return qdisc
            }
        }
        for pid in seen.processes.keys {
            seen.processes[pid]?.command = name
            seen.processes[pid]?.unit = "\(name).service"
        }
        seen.unixListeners = seen.unixListeners.map {
            UnixListener(path: "/run/\(name)", inode: $0.inode, waiting: $0.waiting, backlog: $0.backlog)
        }
        return seen
    }

    /// All that are printed and hold the name.
    private static func commands(_ name: String, holding mark: String = mark) -> [String] {
        let runs = runs(name)
        return Set(telling.flatMap { printed(runs[$0]) }).filter { $0.contains(mark) }.sorted()
    }

    private static func printed(_ seen: Observation) -> [String] {
        seen.report.findings.flatMap { $0.fixes.map(\.command) + [$0.check.text] }
    }

    /// The runs that have commands which those before them have not.
    private static let telling: [Int] = {
        var known: Set<String> = []
        return runs(plain).enumerated().compactMap { index, seen in
            let count = known.count
            known.formUnion(printed(seen).filter { $0.contains(mark) })
            return known.count > count ? index : nil
        }
    }()

    private static let meaningful = Set("$`;|&<>()*?[]{}~#!\"\n")

    // MARK: What a shell reads

    /// By command. Each group of them is a script that sh has to take.
    private static func words(_ groups: [[String]]) throws -> [String: [String]] {
        let folder = try Scratch()
        let script = try folder.write(
            "read.py",
            """
            import json, shlex, subprocess, sys

            def words(command):
                lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
                lexer.whitespace_split, lexer.commenters = True, ""
                return list(lexer)

            groups = json.load(open(sys.argv[1]))
            for group in groups:
                subprocess.run(["sh", "-n"], input="\\n".join(group), text=True, check=True)
            print(json.dumps({command: words(command) for group in groups for command in group}))
            """)
        let list = try JSONEncoder().encode(groups)
        let file = try folder.write("commands.json", String(decoding: list, as: UTF8.self))
        let said = try check("python3", script, file)
        return try JSONDecoder().decode([String: [String]].self, from: Data(said.utf8))
    }

    /// What of a command has a meaning to a shell: outside of single quotes.
    private static func active(_ command: String) -> [Character] {
        var isQuoted = false
        var isEscaped = false
        var active: [Character] = []
        for character in command {
            if isEscaped {
                isEscaped = false
            } else if character == "'" {
                isQuoted.toggle()
            } else if !isQuoted, character == "\\" {
                isEscaped = true
            } else if !isQuoted, meaningful.contains(character) {
                active.append(character)
            }
        }
        return active
    }
}
