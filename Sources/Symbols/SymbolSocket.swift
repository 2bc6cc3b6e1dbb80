// SPDX-License-Identifier: Apache-2.0
import CWorker
import Glibc
import Host

/// One end of the socket between the tracer and the process that reads symbols.
final class SymbolSocket {
    enum Received {
        case message([UInt8], [OpenFile.Shared])
        /// There is none yet.
        case nothing
        /// The other side has gone, or sends what no message is.
        case end
    }

    let descriptor: Int32
    private let file: OpenFile
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: SymbolMessage.longest, alignment: 16)

    init(owning descriptor: Int32) {
        self.descriptor = descriptor
        file = OpenFile(owning: descriptor)
    }

    deinit { buffer.deallocate() }

    /// Does not wait. `false`: there is no room now, or nobody (errno says which).
    func send(_ bytes: [UInt8], _ files: [Int32] = []) -> Bool {
        bytes.withUnsafeBytes { bytes in
            files.withUnsafeBufferPointer { files in
                why_send_message(descriptor, bytes.baseAddress, bytes.count, files.baseAddress, files.count)
                    >= 0
            }
        }
    }

    func receive(waiting: Bool) -> Received {
        var files = [Int32](repeating: -1, count: Int(WHY_MOST_FILES))
        var count = 0
        let got = why_receive_message(
            descriptor, buffer.baseAddress, buffer.count, &files, &count, waiting ? 0 : Int32(MSG_DONTWAIT))
        // Whatever came is closed by whoever lets go of it.
        let owned = files.prefix(count).map { OpenFile.Shared(owning: $0) }
        if got > 0 { return .message([UInt8](buffer[..<got]), owned) }
        return got < 0 && errno == EAGAIN ? .nothing : .end
    }
}

extension OpenFile {
    /// One that several may hold; closed with the last of them.
    final class Shared {
        private let file: OpenFile

        init(_ file: consuming OpenFile) {
            self.file = file
        }

        convenience init(owning descriptor: Int32) {
            self.init(OpenFile(owning: descriptor))
        }

        var descriptor: Int32 { file.descriptor }
    }
}
