// SPDX-License-Identifier: Apache-2.0
import CWorker
import Glibc
import Host
import Model

/// Answers requests for names: all that reads what a process controls. It runs in a process that may
/// die of it; see `SymbolWorker`.
final class SymbolServer {
    private let socket: SymbolSocket
    private var hostRoot: Root?
    private var modules: Kept<Module>
    private var perfMaps: Kept<PerfMap>
    private let vdso = Modules.readVdso()
    private let demangler = Demangler()
    private var names = Recent<String, String>(keeping: 16384)

    /// Bytes of symbols, of which the tracer asks again where it has to.
    private static let mostBytes = 128 << 20
    private static let mostPerfMapBytes = 96 << 20
    /// Names in files are taken into memory, so that the files can be closed, up to this.
    private static let mostNamesInMemory = 1 << 20

    /// - Parameters:
    ///   - descriptor: of the socket; becomes this one's own.
    ///   - mostFiles: how many may be open.
    init(owning descriptor: Int32, mostFiles: Int = 256) {
        socket = SymbolSocket(owning: descriptor)
        // A module has two at most, its own and its debug file; some are for what is being read.
        modules = Kept(most: max(4, (mostFiles - 24) / 4), mostBytes: Self.mostBytes)
        perfMaps = Kept(most: max(4, (mostFiles - 24) / 4), mostBytes: Self.mostPerfMapBytes)
    }

    /// Until the other side goes.
    /// - Parameter begin: is called before each request is worked on.
    func run(_ begin: () -> Void = {}) {
        while case .message(let request, let files) = socket.receive(waiting: true) {
            begin()
            guard let reply = reply(to: request, files), send(reply) else { return }
        }
    }

    private func send(_ reply: [UInt8]) -> Bool {
        while !socket.send(reply) {
            guard errno == EAGAIN || errno == EINTR else { return false }
            var waiting = pollfd(fd: socket.descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&waiting, 1, -1)
        }
        return true
    }

    /// `nil`: it is no request; who sends that is not to be believed any more.
    private func reply(to request: [UInt8], _ files: [OpenFile.Shared]) -> [UInt8]? {
        var reader = MessageReader(request[...])
        guard let kind = reader.kind() else { return nil }
        var reply = MessageWriter(kind)
        let isUnderstood: Bool
        switch kind {
        case .begin: isUnderstood = self.begin(files, &reply)
        case .load: isUnderstood = load(&reader, files, &reply)
        case .names: isUnderstood = name(&reader, &reply)
        case .jit: isUnderstood = nameJIT(&reader, files, &reply)
        }
        return isUnderstood && reader.isAtEnd ? reply.bytes : nil
    }

    private func begin(_ files: [OpenFile.Shared], _ reply: inout MessageWriter) -> Bool {
        hostRoot = files.first.map(Root.init)
        reply.put(SymbolMessage.Status.done.rawValue)
        return true
    }

    private func load(
        _ reader: inout MessageReader, _ files: [OpenFile.Shared], _ reply: inout MessageWriter
    ) -> Bool {
        guard let id = reader.number(UInt32.self), let kinds = reader.number(UInt8.self),
            let path = reader.text()
        else { return false }
        let program = kinds & SymbolMessage.Files.program != 0 ? files.first : nil
        let root = kinds & SymbolMessage.Files.root != 0 ? files.last.map(Root.init) : nil
        let file = program.map { RegularFile($0) } ?? root?.file(at: Array(path))
        guard let opened = file?.opened() else {
            reply.put(SymbolMessage.Status.unreadable.rawValue)
            reply.put(UInt8(0))
            return true
        }
        let module = Modules.read(opened, path: Array(path), roots: [root, hostRoot].compactMap { $0 })
        if module.functions.sizeInFiles <= Self.mostNamesInMemory { module.letGoOfFiles() }
        modules.put(module, id, size: module.size)
        reply.put(SymbolMessage.Status.done.rawValue)
        reply.put(module.hasUncheckedDebugFile ? SymbolMessage.Remarks.unchecked : 0)
        return true
    }

    private func name(_ reader: inout MessageReader, _ reply: inout MessageWriter) -> Bool {
        guard let id = reader.number(UInt32.self), let places = Self.places(&reader) else { return false }
        guard let module = id == SymbolMessage.vdso ? vdso : modules[id] else {
            reply.put(SymbolMessage.Status.unknown.rawValue)
            reply.put(UInt8(0))
            return true
        }
        reply.put(SymbolMessage.Status.done.rawValue)
        reply.put(UInt8(0))
        answer(places, &reply) { offset, reply in
            guard let address = module.address(ofFileOffset: offset) else {
                reply.put(SymbolMessage.Answer.nowhere.rawValue)
                return
            }
            guard let function = module.functions.function(at: address) else {
                reply.put(SymbolMessage.Answer.unnamed.rawValue)
                reply.put(address)
                return
            }
            reply.put(SymbolMessage.Answer.named.rawValue)
            reply.put(function.start)
            reply.put(text: Self.cut(displayName(function.name)))
        }
        return true
    }

    private func nameJIT(
        _ reader: inout MessageReader, _ files: [OpenFile.Shared], _ reply: inout MessageWriter
    ) -> Bool {
        guard let process = reader.number(UInt32.self), let pid = reader.number(UInt32.self),
            let owner = reader.number(UInt32.self), let places = Self.places(&reader)
        else { return false }
        if perfMaps[process] == nil, let map = Self.perfMap(pid, owner, in: files.first.map(Root.init)) {
            perfMaps.put(map, process, size: 0)
        }
        guard let map = perfMaps[process] else {
            reply.put(SymbolMessage.Status.unreadable.rawValue)
            reply.put(UInt8(0))
            return true
        }
        // Once for all of them.
        if places.contains(where: { map.name(at: $0) == nil }), map.readOn() {
            perfMaps.put(map, process, size: map.size)
        }
        reply.put(SymbolMessage.Status.done.rawValue)
        reply.put(map.isCut ? SymbolMessage.Remarks.cut : 0)
        answer(places, &reply) { address, reply in
            guard let name = map.name(at: address) else {
                reply.put(SymbolMessage.Answer.nowhere.rawValue)
                return
            }
            reply.put(SymbolMessage.Answer.named.rawValue)
            reply.put(UInt64(0))
            reply.put(text: Self.cut(Printable.frame(name)))
        }
        return true
    }

    /// Only the process's user and root may say what is in it, as perf has it: everybody can
    /// write to /tmp.
    private static func perfMap(_ pid: UInt32, _ owner: UInt32, in root: Root?) -> PerfMap? {
        guard let file = root?.file(at: Array("/tmp/perf-\(pid).map".utf8)),
            file.owner == 0 || file.owner == owner, let opened = file.opened()
        else { return nil }
        return PerfMap(opened)
    }

    /// As many as fit into the reply, and how many these are.
    private func answer(
        _ places: [UInt64], _ reply: inout MessageWriter, _ one: (UInt64, inout MessageWriter) -> Void
    ) {
        let position = reply.bytes.count
        reply.put(UInt16(0))
        var count: UInt16 = 0
        for place in places {
            guard reply.bytes.count + SymbolMessage.longestName + 16 <= SymbolMessage.longest else { break }
            one(place, &reply)
            count += 1
        }
        reply.replace(at: position, count)
    }

    private static func places(_ reader: inout MessageReader) -> [UInt64]? {
        guard let count = reader.number(UInt16.self), count <= SymbolMessage.mostPlaces else { return nil }
        var places: [UInt64] = []
        for _ in 0..<count {
            guard let place = reader.number(UInt64.self) else { return nil }
            places.append(place)
        }
        return places
    }

    private func displayName(_ symbol: String) -> String {
        names.value(of: symbol) { Printable.frame(demangler.name(symbol)) }
    }

    /// Not within a character.
    private static func cut(_ name: String) -> [UInt8] {
        var bytes = Array(name.utf8.prefix(SymbolMessage.longestName + 1))
        guard bytes.count > SymbolMessage.longestName else { return bytes }
        repeat { bytes.removeLast() } while !bytes.isEmpty && name.utf8.isInCharacter(bytes.count)
        return bytes
    }
}

extension String.UTF8View {
    /// Whether a character goes on at so many bytes.
    fileprivate func isInCharacter(_ count: Int) -> Bool {
        self[index(startIndex, offsetBy: count)] & 0xc0 == 0x80
    }
}
