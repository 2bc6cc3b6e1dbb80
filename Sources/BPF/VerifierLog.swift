// SPDX-License-Identifier: Apache-2.0

/// Finds in libbpf's warnings the lines that say why a load failed.
enum VerifierLog {
    /// The last `limit` lines worth reading, or `nil`: the verifier's, where it
    /// spoke, otherwise libbpf's own.
    static func tail(of warnings: [String], limit: Int = 6) -> String? {
        var verifier: [Substring] = []
        var libbpf: [Substring] = []
        var inVerifierLog = false
        for line in warnings.flatMap({ $0.split(whereSeparator: \.isNewline) }) {
            if line.contains("-- BEGIN PROG LOAD LOG --") {
                inVerifierLog = true
                verifier = []
            } else if line.contains("-- END PROG LOAD LOG --") {
                inVerifierLog = false
            } else if inVerifierLog {
                if !isStatistic(line) { verifier.append(line) }
            } else if !isEcho(line) {
                libbpf.append(line.hasPrefix(prefix) ? line.dropFirst(prefix.count) : line)
            }
        }
        let useful = verifier.isEmpty ? libbpf : verifier
        guard !useful.isEmpty else { return nil }
        return useful.suffix(limit).joined(separator: "\n")
    }

    /// The program that was refused, where libbpf names it.
    static func refusedProgram(in warnings: [String]) -> String? {
        for line in warnings.lazy.flatMap({ $0.split(whereSeparator: \.isNewline) })
        where line.hasPrefix("libbpf: prog '") && line.contains(": BPF program load failed") {
            return String(line.dropFirst("libbpf: prog '".count).prefix { $0 != "'" })
        }
        return nil
    }

    private static let prefix = "libbpf: "

    /// What the verifier prints after every verdict.
    private static func isStatistic(_ line: Substring) -> Bool {
        line.hasPrefix("processed ") || line.hasPrefix("verification time")
            || line.hasPrefix("stack depth") || line.hasPrefix("max_states")
            || line.allSatisfy(\.isWhitespace)
    }

    /// libbpf repeats the failure on its way up, which the error has already,
    /// and gives advice that fits old kernels only.
    private static func isEcho(_ line: Substring) -> Bool {
        [
            "failed to load object", "failed to load: -", "BPF program load failed:",
            "failed to attach", "perf event: ", "try raising 'ulimit -l'",
            "Couldn't load trivial BPF program",
        ].contains { line.contains($0) }
    }
}
