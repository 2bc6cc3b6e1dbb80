// SPDX-License-Identifier: Apache-2.0
import CLinux
import CWorker
import Glibc
import Host

/// The process that reads what other processes control: their programs, libraries and debug files may
/// be made to keep a reader waiting for ever, or to end it. It is asked over a socket, several
/// things at a time, and is ended and started again when it takes too long.
final class SymbolWorker {
    /// Why there is no reply.
    enum Failure {
        /// Too long for one request.
        case overran
        /// It ended the process.
        case died
        /// Others had taken the time there is.
        case noTime
        /// There is no such process.
        case unavailable
    }

    enum Reply {
        case message(MessageReader)
        case failure(Failure)
    }

    /// A question, and who takes the reply.
    struct Request {
        var kind: SymbolMessage.Kind
        /// What is sent, and the files that go with it: opened when it is their turn, since many may wait.
        var message: () -> (bytes: [UInt8], files: [OpenFile.Shared])
        var take: ((Reply) -> Void)?
    }

    /// Its socket, and its number if it is a process.
    typealias Start = () -> (socket: Int32, pid: pid_t?)?

    private let start: Start
    private let root: String
    private var socket: SymbolSocket?
    private var pid: pid_t?
    private var waiting: [Request] = []
    private var sent: [Request] = []
    /// Since when the first of `sent` is worked on.
    private var began: UInt64 = 0
    /// When it has taken too long, unless it computes.
    private var due: UInt64 = 0
    private var usedBefore: [Substring]?
    /// When a round took too long.
    private var gaveUp: UInt64 = 0
    /// When it was ended, or ended itself, lately.
    private var ends: [UInt64] = []
    /// Processes that were told to end, and have not yet.
    private var killed: [pid_t] = []
    /// How often it was started: what an earlier one had read, this one has not.
    private(set) var generation = 0
    private(set) var isUnavailable = false
    private var isPumping = false

    /// At a time: each may have two open files.
    private static let mostSent = 8
    private static let second: UInt64 = 1_000_000_000
    /// Of one request. Reading the symbols of the largest programs takes one.
    private static let patience = 3 * second
    private static let mostPatience = 15 * second
    /// Of a round of them.
    private static let roundPatience = 15 * second
    private static let interruptedPatience = second
    /// Of each round for a while after one that took all of that.
    private static let shortPatience = second / 4
    /// A process that ends more often than that is not started again for as long.
    private static let mostEnds = 4
    private static let mostKilled = 8
    private static let endsAge = 60 * second

    /// - Parameter root: the host's root directory.
    init(root: String, _ start: @escaping Start) {
        self.root = root
        self.start = start
    }

    deinit {
        end()
        // It takes a moment, and leaves nothing behind; but for one that waits for somebody else.
        for _ in 0..<100 where !killed.isEmpty {
            usleep(1000)
            reap()
        }
    }

    var count: Int { waiting.count + sent.count }

    /// Of the process, while there is one.
    var processID: pid_t? { pid }

    /// Asks, without waiting.
    func ask(_ request: Request) {
        waiting.append(request)
        pump()
    }

    /// Waits for all replies, or until they have taken too long.
    func finish() {
        let start = HostClock.monotonicNanoseconds()
        while count > 0 {
            pump()
            guard count > 0 else { return }
            let now = HostClock.monotonicNanoseconds()
            let end = start + roundPatience(at: start)
            guard now < end else { return giveUp() }
            // Looks up now and then, whether somebody wants it to end.
            wait(nanoseconds: min(end - now, max(now, due) - now, Self.second / 4))
        }
    }

    /// Starts the process, so that `generation` is that of the next request.
    func prepare() { _ = hasProcess() }

    /// Sends what there is room for, and takes what has come.
    private func pump() {
        // Who takes a reply may ask again: that is sent below.
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        repeat {
            receive()
            checkTime()
            guard !waiting.isEmpty, hasProcess() else { return }
        } while send()
    }

    /// Whether there may be room for more.
    private func send() -> Bool {
        guard let socket, sent.count < Self.mostSent, let request = waiting.first else { return false }
        let (bytes, files) = request.message()
        let isSent = withExtendedLifetime(files) { socket.send(bytes, files.map(\.descriptor)) }
        guard isSent else {
            guard errno != EAGAIN, errno != EINTR, errno != ENOBUFS else { return false }
            if errno != EPIPE, errno != ECONNRESET {
                // It cannot be sent at all, as with too many files on their way (ETOOMANYREFS).
                waiting.removeFirst()
                request.take?(.failure(.noTime))
                return true
            }
            hasEnded(.died)
            return true
        }
        if sent.isEmpty { beginNext() }
        sent.append(waiting.removeFirst())
        return true
    }

    private func receive() {
        while let socket, !sent.isEmpty {
            switch socket.receive(waiting: false) {
            case .nothing: return
            case .end: hasEnded(.died)
            case .message(let bytes, _):
                let request = sent.removeFirst()
                beginNext()
                var reader = MessageReader(bytes[...])
                guard let kind = reader.kind(), kind == request.kind else {
                    sent.insert(request, at: 0)
                    hasEnded(.died)
                    return
                }
                request.take?(.message(reader))
            }
        }
    }

    private func checkTime() {
        let now = HostClock.monotonicNanoseconds()
        guard !sent.isEmpty, now >= due else { return }
        // One that computes has not got as far as it would on an idle machine; what it may compute for a
        // request is limited.
        let used = cpuTime
        if used != usedBefore, now < began + Self.mostPatience {
            usedBefore = used
            due = now + Self.patience
        } else {
            hasEnded(.overran)
        }
    }

    /// From now on another request is worked on.
    private func beginNext() {
        began = HostClock.monotonicNanoseconds()
        due = began + Self.patience
        usedBefore = nil
    }

    /// Of the process, in whatever unit; `nil`: not known.
    private var cpuTime: [Substring]? {
        guard let pid, let bytes = try? OpenFile("/proc/\(pid)/stat").readAllBytes("stat") else { return nil }
        // utime and stime, of what is behind the name.
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ")
        return fields.map { Array($0.dropFirst(11).prefix(2)) }
    }

    /// Whoever's turn it was does not get another; the others do.
    private func hasEnded(_ reason: Failure) {
        end()
        ends.append(HostClock.monotonicNanoseconds())
        let culprit = sent.isEmpty ? nil : sent.removeFirst()
        waiting = sent.filter { $0.take != nil } + waiting
        sent = []
        culprit?.take?(.failure(reason))
    }

    private func end() {
        socket = nil
        guard let pid else { return }
        self.pid = nil
        kill(pid, SIGKILL)
        killed.append(pid)
        reap()
    }

    /// Not even SIGKILL ends who waits for a FUSE server that has taken the request.
    private func reap() {
        killed.removeAll { waitpid($0, nil, WNOHANG) != 0 }
    }

    private func hasProcess() -> Bool {
        if socket != nil { return true }
        let now = HostClock.monotonicNanoseconds()
        ends.removeAll { now - $0 > Self.endsAge }
        reap()
        if isUnavailable || ends.count >= Self.mostEnds || killed.count >= Self.mostKilled {
            failAll(isUnavailable ? .unavailable : .noTime)
            return false
        }
        guard let root = try? OpenFile(root, flags: O_PATH | O_DIRECTORY), let started = start() else {
            isUnavailable = true
            failAll(.unavailable)
            return false
        }
        let host = OpenFile.Shared(root)
        socket = SymbolSocket(owning: started.socket)
        pid = started.pid
        generation += 1
        waiting.insert(
            Request(kind: .begin) { (MessageWriter(.begin).bytes, [host]) }, at: 0)
        return true
    }

    private func failAll(_ reason: Failure) {
        let all = sent + waiting
        sent = []
        waiting = []
        for request in all { request.take?(.failure(reason)) }
    }

    private func roundPatience(at time: UInt64) -> UInt64 {
        if time < gaveUp &+ Self.roundPatience, gaveUp > 0 { return Self.shortPatience }
        return Self.isInterrupted ? Self.interruptedPatience : Self.roundPatience
    }

    /// Nobody waits any more for what was asked; it may be done nevertheless.
    private func giveUp() {
        gaveUp = HostClock.monotonicNanoseconds()
        let all = sent + waiting
        for index in sent.indices { sent[index].take = nil }
        waiting = []
        for request in all { request.take?(.failure(.noTime)) }
    }

    private func wait(nanoseconds: UInt64) {
        guard let socket else { return }
        let events = Int16(POLLIN) | (waiting.isEmpty || sent.count >= Self.mostSent ? 0 : Int16(POLLOUT))
        var files = pollfd(fd: socket.descriptor, events: events, revents: 0)
        _ = poll(&files, 1, Int32(nanoseconds / 1_000_000) + 1)
    }

    /// Whether a signal waits that asks for an end.
    private static var isInterrupted: Bool {
        var pending = sigset_t()
        guard sigpending(&pending) == 0 else { return false }
        return sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1
    }
}
