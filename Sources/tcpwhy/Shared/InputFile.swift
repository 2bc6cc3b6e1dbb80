// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A file to read, or standard input; reports on a terminal if reading takes long.
final class InputFile {
    /// As messages call it.
    let name: String
    private let descriptor: Int32
    private var size: Int?
    private var read = 0
    private let begin = InputFile.now()
    private var nextReport: Int
    private let reports = Terminal.redrawsErrors

    /// Reading shorter than this is not worth a line.
    private static let patience = 2_000_000_000

    /// - Parameter path: `nil` or `-`: standard input.
    init(path: String?) throws {
        nextReport = begin + Self.patience
        guard let path, path != "-" else {
            (name, descriptor) = ("standard input", STDIN_FILENO)
            return
        }
        (name, descriptor) = (path, open(path, O_RDONLY | O_CLOEXEC))
        guard descriptor >= 0 else {
            throw Failure.failed("cannot read \(path): \(String(cString: strerror(errno)))")
        }
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG { size = Int(status.st_size) }
    }

    deinit {
        if descriptor > STDIN_FILENO { close(descriptor) }
    }

    /// The next bytes, as many as there are and `buffer` has room for; 0 at the end.
    func fill(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            // Never more than there is room for.
            let got = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if got >= 0 {
                read += got
                report(atEnd: got == 0)
                return got
            }
            if errno != EINTR {
                throw Failure.failed("cannot read \(name): \(String(cString: strerror(errno)))")
            }
        }
    }

    /// One line that each report overwrites, and none that stays.
    private func report(atEnd: Bool) {
        guard reports, atEnd ? nextReport > begin + Self.patience : Self.now() >= nextReport else { return }
        nextReport = Self.now() + 200_000_000
        let share = size.map { $0 > 0 ? " of \(Self.megabytes($0))" : "" } ?? ""
        Output.progress(atEnd ? nil : "read \(Self.megabytes(read))\(share) of \(name)")
    }

    private static func megabytes(_ bytes: Int) -> String { "\(bytes / 1_000_000) MB" }

    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
