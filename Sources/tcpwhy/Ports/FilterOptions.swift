// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Collector
import Model
public import Report

extension PortsSort: ExpressibleByArgument {}

/// The filters, all of which the kernel applies.
struct FilterOptions: ParsableArguments {
    @OptionGroup var process: ProcessOptions

    @Option(name: [.customShort("P"), .long], help: "Only this destination port.")
    var port: UInt16?

    @Option(
        help: ArgumentHelp(
            "Only this destination: an address or a block of them, IPv4 or IPv6.",
            valueName: "address[/bits]"))
    var dest: String?

    @OptionGroup var cgroup: CgroupOption

    @OptionGroup var namespace: NamespaceOption

    @Flag(help: "Only connects that fail.")
    var failed = false

    func validate() throws {
        if port == 0 { throw ValidationError("port 0 is no destination") }
        if let dest {
            do throws(AddressError) {
                _ = try AddressBlock(parsing: dest)
            } catch {
                throw ValidationError(saying: "--dest: \(error.description)")
            }
        }
    }

    /// The filters as the collector takes them.
    func apply(to questions: inout Questions, _ ports: inout PortsQuestion) throws {
        questions.pid = try process.processID()
        questions.command = process.command
        questions.netns = namespace.netns
        questions.cgroup = cgroup.cgroup
        ports.port = port
        ports.destination = try dest.map { try AddressBlock(parsing: $0) }
        ports.failedOnly = failed
    }
}
