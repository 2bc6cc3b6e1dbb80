// SPDX-License-Identifier: Apache-2.0
import Glibc
import Host
import Model

/// What is in programs and libraries.
extension UserSymbols {
    func answers(_ addresses: [UInt32: Set<UInt64>]) -> [Place: Answer] {
        let answers = Answers()
        var wanted: [UInt32: Set<UInt64>] = [:]
        var asked: [UInt32: MappedFile] = [:]
        for (pid, addresses) in addresses {
            for address in addresses {
                guard let mapping = processes[pid]?.mapping(at: address), let id = mapping.target.file else {
                    continue
                }
                let place = Place(file: id, offset: mapping.offset(of: address))
                if let answer = known[place] {
                    answers.found[place] = answer
                } else {
                    wanted[id, default: []].insert(place.offset)
                    if case .file(let file) = mapping.target { asked[id] = file }
                }
            }
        }
        // What a user can make slow comes last, and before it what is large.
        func order(_ id: UInt32) -> (UInt64, UInt64, UInt32) {
            (asked[id]?.isRoots == false ? 1 : 0, asked[id]?.identity?.size ?? 0, id)
        }
        let order = wanted.keys.sorted { order($0) < order($1) }
        for id in order {
            for batch in Array(wanted[id] ?? []).batches { ask(batch, of: id, asked[id], answers) }
        }
        worker.finish()
        return answers.found
    }

    private final class Answers {
        var found: [Place: Answer] = [:]
    }

    /// - Parameters:
    ///   - file: `nil`: the kernel's page.
    ///   - tries: it may be read again that often, if the process has forgotten it meanwhile.
    private func ask(
        _ offsets: [UInt64], of id: UInt32, _ file: MappedFile?, _ answers: Answers, tries: Int = 2
    ) {
        if let file {
            if file.isUnreadable { return }
            if !file.isLoaded(in: worker.generation) { load(file) }
            // That may have failed at once.
            if file.isUnreadable { return }
        }
        var message = MessageWriter(.names)
        message.put(id)
        message.put(places: offsets)
        let bytes = message.bytes
        let loads = file?.loads
        worker.ask(
            SymbolWorker.Request(kind: .names, message: { (bytes, []) }) { [unowned self] reply in
                switch reply {
                case .failure(let failure):
                    failed(failure, file)
                    // Somebody else may have ended it, or what was read before.
                    if failure == .died, tries > 0 { ask(offsets, of: id, file, answers, tries: tries - 1) }
                case .message(var message):
                    let status = message.status()
                    _ = message.number(UInt8.self)
                    if status == .done {
                        let done = take(&message, offsets, id, answers)
                        if done > 0, done < offsets.count {
                            ask(Array(offsets[done...]), of: id, file, answers, tries: tries)
                        }
                    } else if status == .unknown, let file, !file.isUnreadable, tries > 0 {
                        if file.loads == loads { file.state = .untouched }
                        ask(offsets, of: id, file, answers, tries: tries - 1)
                    }
                }
            })
    }

    /// How many there were.
    private func take(
        _ message: inout MessageReader, _ offsets: [UInt64], _ id: UInt32, _ answers: Answers
    ) -> Int {
        guard let count = message.number(UInt16.self), count <= offsets.count else { return 0 }
        for offset in offsets.prefix(Int(count)) {
            guard let found = answer(&message) else { return 0 }
            let place = Place(file: id, offset: offset)
            answers.found[place] = found
            known[place] = found
        }
        return Int(count)
    }

    func answer(_ message: inout MessageReader) -> Answer? {
        switch message.number(UInt8.self).flatMap(SymbolMessage.Answer.init) {
        case nil: return nil
        case .nowhere: return Answer()
        case .unnamed: return message.number(UInt64.self).map { Answer(name: nil, address: $0) }
        case .named:
            guard let start = message.number(UInt64.self), let text = message.text() else { return nil }
            // The gate again: this end does not believe that one.
            let name = Printable.frame(text.prefix(SymbolMessage.longestName))
            return Answer(name: names.value(of: name) { name }, address: start)
        }
    }

    func load(_ file: MappedFile) {
        let host = ProcessFiles(root: root, pid: file.pid)
        let (id, path) = (file.id, file.line.path.prefix(SymbolMessage.longestPath))
        let request = SymbolWorker.Request(
            kind: .load,
            message: {
                let (program, processRoot) = (file.found ?? file.again(in: host), host.root())
                var message = MessageWriter(.load)
                message.put(id)
                message.put(
                    (program == nil ? 0 : SymbolMessage.Files.program)
                        | (processRoot == nil ? 0 : SymbolMessage.Files.root))
                message.put(text: path)
                return (message.bytes, [program, processRoot].compactMap { $0 })
            }
        ) { [unowned self] reply in
            switch reply {
            case .failure(let failure): failed(failure, file)
            case .message(var message):
                if message.status() != .done { file.state = .unreadable }
                if message.number(UInt8.self) == SymbolMessage.Remarks.unchecked {
                    remarks.add(.unchecked, file.name)
                }
            }
        }
        worker.prepare()
        file.state = .loaded(worker.generation)
        file.loads += 1
        worker.ask(request)
    }

    func failed(_ failure: SymbolWorker.Failure, _ file: MappedFile?) {
        switch failure {
        case .overran:
            file?.state = .unreadable
            remarks.add(.overran, file?.name)
        case .died:
            if let file {
                file.deaths += 1
                file.state = file.deaths < Self.mostDeaths ? .untouched : .unreadable
            }
            if file?.isUnreadable != false { remarks.add(.died, file?.name) }
            isIncomplete = true
        case .noTime:
            if let file, !file.isUnreadable { file.state = .untouched }
            remarks.add(.noTime, file?.name)
            isIncomplete = true
        case .unavailable: remarks.add(.unavailable)
        }
    }
}

extension UserProcess.Mapping {
    /// In its file.
    func offset(of address: UInt64) -> UInt64 { address - start &+ fileOffset }
}

extension UserProcess.Target {
    var file: UInt32? {
        switch self {
        case .file(let file): file.id
        case .vdso: SymbolMessage.vdso
        case .other: nil
        }
    }
}

extension MessageWriter {
    mutating func put(places: [UInt64]) {
        put(UInt16(places.count))
        for place in places { put(place) }
    }
}

extension [UInt64] {
    /// As many as one request may have.
    var batches: [[UInt64]] {
        stride(from: 0, to: count, by: SymbolMessage.mostPlaces).map {
            Array(self[$0..<Swift.min($0 + SymbolMessage.mostPlaces, count)])
        }
    }
}
