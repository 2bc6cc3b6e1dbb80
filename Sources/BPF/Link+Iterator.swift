// SPDX-License-Identifier: Apache-2.0
import CLibbpf
import Glibc

extension Link {
    /// Runs an iterator program over everything, and hands over what it wrote, in pieces.
    ///
    /// A socket iterator sees the network namespace of the thread that calls this.
    /// - Parameter untilRefused: the program returns 1 where nothing more is for it. To the reader
    ///   that looks like a run that took too long: a million objects without a byte written.
    public func runIterator(
        untilRefused: Bool = false, _ body: (RawSpan) -> Void = { _ in }
    ) throws(BPFError) {
        let iterator = FileDescriptor(
            owning: try check(bpf_iter_create(number), .iterator, "start the iterator"))
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            let got = retryingInterrupts {
                // SAFETY: reads at most the array's own size.
                unsafe buffer.withUnsafeMutableBytes {
                    unsafe read(iterator.number, $0.baseAddress, $0.count)
                }
            }
            if got < 0 {
                // The kernel stops a run that took too long; the next read goes on.
                if errno == EAGAIN, untilRefused { return }
                if errno == EAGAIN { continue }
                throw BPFError(.iterator, errno: errno, "run the iterator")
            }
            if got == 0 { return }
            body(unsafe buffer.span.bytes.extracting(0..<got))
        }
    }
}
