// SPDX-License-Identifier: Apache-2.0
import Host
import Model
import Testing

@testable import Collector

/// What a trace keeps once everything is attached.
@Suite struct PrivilegeTests {
    private func kept(
        elsewhere: Bool = true, readingPrivileged: Bool = false, _ ask: (inout Questions) -> Void
    ) -> Set<Capability> {
        var questions = Questions()
        ask(&questions)
        return questions.privilegesKept(isElsewhere: elsewhere, isReadingPrivileged: readingPrivileged)
    }

    @Test func whatAttachesIsNeverKept() {
        let all = kept {
            $0.ports = PortsQuestion()
            $0.listeners = ListenersQuestion()
            $0.samples = SamplesQuestion(.functions)
            $0.machine = true
        }
        #expect(all == [.sysAdmin, .sysPtrace, .dacReadSearch, .syslog, .netAdmin])
    }

    @Test func mapsThatOnlyThePrivilegedReadTakeOne() {
        #expect(kept(readingPrivileged: true) { $0.ports = PortsQuestion() } == [.bpf])
    }

    @Test func rangesElsewhereTakeTheWayThere() {
        func ask(_ questions: inout Questions) {
            questions.ports = PortsQuestion()
            questions.ports?.ranges = .always
        }
        #expect(kept(ask) == [.sysAdmin, .sysPtrace])
        #expect(kept(elsewhere: false, ask).isEmpty)
    }

    @Test func ownersTakeTheirProcesses() {
        func ask(_ questions: inout Questions) {
            questions.listeners = ListenersQuestion()
            questions.listeners?.owners = .all
        }
        #expect(kept(elsewhere: false, ask) == [.sysPtrace, .dacReadSearch])
    }

    @Test func dropsByWayTakeTheKernelsNames() {
        #expect(kept { $0.ways = true } == [.syslog])
    }

    @Test func stacksTakeAllNames() {
        let names: Set<Capability> = [.sysPtrace, .dacReadSearch, .syslog]
        #expect(kept { $0.samples = SamplesQuestion(.functions) } == names)
        let searches = kept {
            $0.ports = PortsQuestion()
            $0.ports?.form = .searchStacks(.portTime, StackNaming(keepsProcesses: false))
        }
        #expect(searches == names)
    }

    @Test func filesTakeWhatRootMayDoWithThem() {
        var questions = Questions()
        questions.ports = PortsQuestion()
        #expect(questions.capabilitiesKept(isElsewhere: false, isReadingPrivileged: false).bits == 0)
        questions.writesFiles = true
        #expect(questions.capabilitiesKept(isElsewhere: false, isReadingPrivileged: false) == .overFiles)
    }

    @Test func mappedFilesAreFoundWithOneOfTwo() {
        var questions = Questions()
        questions.samples = SamplesQuestion(.functions)
        func kept() -> Capabilities {
            questions.capabilitiesKept(isElsewhere: true, isReadingPrivileged: false)
        }
        #expect(kept().bits & Capabilities.ofMappedFiles.bits != 0 && !kept().has(.sysAdmin))
        questions.machine = true
        #expect(kept().bits & Capabilities.ofMappedFiles.bits == 0 && kept().has(.sysAdmin))
    }

    @Test func eachIsToldOnceAndForWhat() {
        #expect(Set(Privilege.all.map(\.capability)) == Set(Capability.allCases))
        #expect(Privilege.all.count == Capability.allCases.count)
        #expect(Privilege.all.allSatisfy { !$0.without.isEmpty })
    }
}
