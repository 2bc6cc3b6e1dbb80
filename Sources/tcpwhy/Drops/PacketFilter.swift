// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Collector

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

    func apply(to question: inout ListenersQuestion) {
        // Asked for by name it is a failure if they cannot be had.
        question.packets = names.isEmpty && !stacks ? .ifPossible : .must
        question.packetReasons = names
        question.packetStacks = stacks
    }
}
