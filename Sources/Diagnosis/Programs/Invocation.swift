// SPDX-License-Identifier: Apache-2.0
import Model

/// How a process was started, as far as that tells its program.
struct Invocation {
    /// What it goes by, in lower case: its executable, the first word of its first argument, its
    /// command name. Debian's redis-server is a link to another executable, a newer node names its
    /// first thread MainThread, and a script's executable is the interpreter: any of them may tell.
    let names: [String]
    /// Of an interpreter: the script, or the module after `-m`; without its folder. Else empty.
    let script: String
    let facts: ProgramFacts
    let pid: UInt32?

    init(_ process: ProcessFacts) {
        self.init(process.program, command: process.command, pid: process.pid)
    }

    /// - Parameter command: as the kernel names the process: "nginx", "php-fpm8.2".
    init(command: String) {
        self.init(ProgramFacts(), command: command, pid: nil)
    }

    private init(_ facts: ProgramFacts, command: String, pid: UInt32?) {
        self.facts = facts
        self.pid = pid
        let first = facts.arguments.first.map(Self.firstWord) ?? ""
        names = [facts.executable, first, command].filter { !$0.isEmpty }.map { $0.lowercased() }
        script = Self.isInterpreter(facts.executable) ? Self.script(in: facts.arguments) : ""
    }

    var arguments: [String] { facts.arguments }

    /// Whether it is known by one of these, a version behind it or not: "php-fpm" is "php-fpm8.2",
    /// too, and "node" is not "node_exporter".
    func isNamed(_ known: String...) -> Bool {
        (names + [script]).contains { name in
            known.contains { name.hasPrefix($0) && name.dropFirst($0.count).allSatisfy(Self.isOfVersion) }
        }
    }

    /// The value of an option, the last one given: "-w 4", "-w4", "--workers 4", "--workers=4".
    func value(of options: String...) -> String? { value(of: options) }

    private func value(of options: [String]) -> String? {
        var found: String?
        for (index, argument) in arguments.enumerated() {
            for option in options {
                if argument == option {
                    found = index + 1 < arguments.count ? arguments[index + 1] : nil
                } else if argument.hasPrefix(option + "=") {
                    found = String(argument.dropFirst(option.count + 1))
                } else if option.count == 2, argument.hasPrefix(option) {
                    found = String(argument.dropFirst(2))
                }
            }
        }
        return found
    }

    /// The same of a number of workers or threads. `nil`: it is none that a server could have.
    func count(of options: String...) -> Int? {
        value(of: options).flatMap { Int($0) }.flatMap { (1...65_535).contains($0) ? $0 : nil }
    }

    /// How many threads have names that begin so.
    func threads(named prefix: String) -> Int {
        facts.threadNames.reduce(0) { $0 + ($1.key.hasPrefix(prefix) ? $1.value : 0) }
    }

    private static func isOfVersion(_ character: Character) -> Bool {
        character.isASCII && (character.isNumber || character == "." || character == "-")
    }

    /// "nginx" of "nginx: master process /usr/sbin/nginx", "gunicorn" of "/usr/bin/gunicorn".
    private static func firstWord(_ argument: String) -> String {
        let word = argument.prefix { $0 != " " && $0 != ":" }
        return String(word.split(separator: "/").last ?? "")
    }

    private static func isInterpreter(_ executable: String) -> Bool {
        ["python", "ruby", "pypy"].contains { executable.hasPrefix($0) }
    }

    private static func script(in arguments: [String]) -> String {
        var rest = arguments.dropFirst()
        while let argument = rest.popFirst() {
            if argument == "-m" { return rest.first ?? "" }
            if !argument.hasPrefix("-") { return firstWord(argument) }
        }
        return ""
    }
}
