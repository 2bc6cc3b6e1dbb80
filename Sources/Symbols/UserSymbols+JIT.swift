// SPDX-License-Identifier: Apache-2.0
import Host

/// What just-in-time compilers make.
extension UserSymbols {
    func askJIT(
        _ pid: UInt32, _ process: UserProcess?, _ addresses: [UInt64],
        _ take: @escaping (UInt64, String) -> Void
    ) {
        guard let process, process.mayHavePerfMap, let status = process.status, let owner = status.owner
        else {
            return
        }
        var message = MessageWriter(.jit)
        message.put(process.id)
        message.put(status.innermostPID ?? pid)
        message.put(owner)
        message.put(places: addresses)
        let (bytes, host) = (message.bytes, ProcessFiles(root: root, pid: pid))
        worker.ask(
            SymbolWorker.Request(
                kind: .jit, message: { (bytes, host.root().map { [$0] } ?? []) }
            ) { [unowned self] reply in
                switch reply {
                case .failure(let failure):
                    if failure == .overran { processes[pid]?.mayHavePerfMap = false }
                    failed(failure, nil)
                case .message(var message):
                    let isThere = message.status() == .done
                    // Nobody has looked since it was noted; a compiler may begin to write one later.
                    if !isThere, !addresses.isEmpty { processes[pid]?.mayHavePerfMap = false }
                    if message.number(UInt8.self) == SymbolMessage.Remarks.cut {
                        remarks.add(.cut, "perf-\(status.innermostPID ?? pid).map")
                    }
                    guard isThere, let count = message.number(UInt16.self), count <= addresses.count else {
                        return
                    }
                    for address in addresses.prefix(Int(count)) {
                        guard let answer = answer(&message) else { return }
                        if let name = answer.name { take(address, name) }
                    }
                    let done = Int(count)
                    if done > 0, done < addresses.count {
                        askJIT(pid, processes[pid], Array(addresses[done...]), take)
                    }
                }
            })
    }
}
