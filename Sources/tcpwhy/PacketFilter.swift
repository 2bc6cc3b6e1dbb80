// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Model
import Probes

/// Which dropped packets to count beside the listening sockets' losses, and how.
struct PacketFilter: ParsableArguments {
    @Option(
        name: .customLong("reason"), parsing: .singleValue,
        help: ArgumentHelp(
            "Of dropped packets only those with this reason, by its name (NO_SOCKET) or number; may be repeated, "
                + "or be several with commas between.",
            valueName: "name"))
    var reasons: [String] = []

    @Flag(help: "Show by which functions the kernel came to drop packets, per reason and place.")
    var stacks = false

    func validate() throws {
        if names.contains(where: \.isEmpty) { throw ValidationError("--reason needs a name") }
    }

    private var names: [String] {
        reasons.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    }

    /// Whether packets are asked for by name: then it is a failure if they cannot be had.
    var isNeeded: Bool { !reasons.isEmpty || stacks }

    func options() throws -> PacketOptions {
        var options = PacketOptions()
        options.stacks = stacks
        guard !reasons.isEmpty else { return options }
        do throws(ProbeError) {
            var known = try DropReasons.current()
            for name in names { options.reasons.insert(try known.number(of: name)) }
        } catch {
            throw Failure(error)
        }
        return options
    }
}
