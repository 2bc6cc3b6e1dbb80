// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The target that TCPWHY_FUZZ_TARGET names.
private let target: FuzzTarget = {
    let name = getenv("TCPWHY_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
        say("fuzz: no target '\(name)': \(FuzzTarget.all.map(\.name).joined(separator: " "))")
        exit(2)
    }
    return target
}()

/// libFuzzer calls it with each input; what ends the process is a crash.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        try target.check(Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
        say("fuzz: \(target.name): does not hold: \(error)")
        abort()
    }
    return 0
}

private func say(_ line: String) {
    _ = (line + "\n").withCString { write(2, $0, strlen($0)) }
}
