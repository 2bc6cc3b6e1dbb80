// SPDX-License-Identifier: Apache-2.0
import BPF
import Model
import Probes

/// What to do where something is not to be had.
public enum Need: Sendable {
    /// It is not asked for.
    case none
    /// Go on without it, and say why.
    case ifPossible
    /// The same; but fail if the backend that was asked for is refused.
    case unlessRefused
    /// Fail.
    case must

    func attach<Part>(_ make: () throws(BPFError) -> Part) throws(BPFError) -> Seen<Part> {
        if self == .none { return .notAsked }
        do throws(BPFError) { return .seen(try make()) } catch {
            if self == .must || (self == .unlessRefused && error.code == .backendRefused) { throw error }
            return .not(error.description)
        }
    }

    /// The same of a part of an answer.
    /// - Parameter without: what is missing without it.
    func attach<Probe>(
        _ notes: Notes, _ without: String, _ make: () throws(BPFError) -> Probe
    ) throws(BPFError) -> Probe? {
        let probe = try attach(make)
        if let why = probe.obstacle { notes.note(without, "\(without): \(why)") }
        return probe.value
    }
}

extension ListenersQuestion {
    /// - Throws: there is no such reason.
    func packetOptions(netns: UInt32?, cgroup: UInt64?) throws(BPFError) -> PacketOptions {
        var options = PacketOptions()
        options.netns = netns
        options.cgroup = cgroup
        options.stacks = packetStacks
        options.refused = refused
        guard !packetReasons.isEmpty else { return options }
        var known = try DropReasons.current()
        for name in packetReasons { options.reasons.insert(try known.number(of: name)) }
        return options
    }
}

/// What a reader must know beside the figures, each said once.
final class Notes {
    private let say: (String) -> Void
    private var said: Set<String> = []

    init(_ say: @escaping (String) -> Void) {
        self.say = say
    }

    /// - Parameter topic: nothing more is said of it.
    func note(_ topic: String, _ text: String) {
        if said.insert(topic).inserted { say(text) }
    }
}
