// SPDX-License-Identifier: Apache-2.0
public import BPF
public import Model

/// Whether a backend works here, found by attaching something and removing it.
public enum BackendTrial {
    /// One hook stands for the backend, so that a refusal costs a millisecond
    /// instead of the load of all its programs.
    static func fentry(_ btf: borrowing BTF) -> BPFError? {
        Trial.trampoline(function: "tcp_v4_connect", exit: false, btf: btf)
    }

    static func kprobe() -> BPFError? {
        Trial.kprobe(function: "tcp_v4_connect", isReturn: false)
    }

    /// - Parameter refusal: why fentry is refused, which takes type information to find out.
    static func require(_ backend: Backend, fentry refusal: @autoclosure () -> BPFError?) throws(BPFError) {
        switch backend {
        case .fentry: if let refusal = refusal() { throw refusal }
        case .kprobe: if let refusal = kprobe() { throw refusal }
        case .tracepoint: break
        }
    }

    /// What one probe can do with one backend here.
    public struct Result: Sendable {
        public var backend: Backend
        /// `nil`: it works.
        public var refusal: String?
    }

    /// Every probe with every backend: the programs that it would load, each hook tried.
    public static func all(btf: BTF) -> [(probe: String, results: [Result])] {
        let connect = ConnectKernel(btf)
        let listener = ListenerKernel(btf)
        let probes: [(String, (Backend) throws(BPFError) -> [ProgramSpec])] = [
            (
                "connect",
                { backend throws(BPFError) in
                    try connect.require(ConnectPrograms.connect(backend), backend)
                }
            ),
            ("bind", { backend in connect.present(ConnectPrograms.bind(backend), backend) }),
            ("check", connect.checks),
            ("listen", listener.handlers),
            ("accept", AcceptPrograms.queue),
        ]
        return probes.map { name, programs in
            let results = Backend.allCases.map { backend in
                do throws(BPFError) {
                    return Result(backend: backend, refusal: refusal(try programs(backend), btf: btf))
                } catch {
                    return Result(backend: backend, refusal: error.description)
                }
            }
            return (name, results)
        }
    }

    /// Why dropped packets cannot be traced here; `nil`: they can, whatever the backend.
    public static func packets(btf: borrowing BTF) -> String? {
        Trial.btfTracepoint(PacketProbe.tracepoint, btf: btf)?.description
    }

    /// With which backend a full conntrack table can be seen here.
    public static func conntrack(btf: borrowing BTF) -> [Result] {
        var results: [Result] = []
        for backend in Backend.allCases {
            var result = Result(backend: backend, refusal: nil)
            do throws(BPFError) {
                let module = try ConntrackPrograms.require(backend)
                let types = try backend == .fentry ? module.map(BTF.module) : nil
                result.refusal = refusal(ConntrackPrograms.all(backend), btf: types ?? copy btf)
            } catch {
                result.refusal = error.description
            }
            results.append(result)
        }
        return results
    }

    private static func refusal(_ programs: [ProgramSpec], btf: borrowing BTF) -> String? {
        if programs.isEmpty { return "this backend cannot measure it" }
        for program in programs {
            let error: BPFError? =
                switch program.hook {
                case .trampoline(let function, let exit):
                    Trial.trampoline(function: function, exit: exit, btf: btf)
                case .kprobe(let function, let isReturn):
                    Trial.kprobe(function: function, isReturn: isReturn)
                case .rawTracepoint(let name):
                    Trial.rawTracepoint(name)
                case .btfTracepoint(let name):
                    Trial.btfTracepoint(name, btf: btf)
                case .syscall(let name):
                    refusalOfSyscall(name)
                }
            if let error { return error.description }
        }
        return nil
    }

    private static func refusalOfSyscall(_ name: String) -> BPFError? {
        do throws(BPFError) {
            return Trial.tracepoint(id: try TracepointIDs.id(name))
        } catch {
            return error
        }
    }
}
