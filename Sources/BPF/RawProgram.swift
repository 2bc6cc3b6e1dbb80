// SPDX-License-Identifier: Apache-2.0
import CLibbpf
import Glibc

/// Programs loaded from instructions, without an object around them.
enum RawProgram {
    /// `return 0`
    static let returnZero = [
        bpf_insn(code: UInt8(BPF_ALU64 | BPF_MOV | BPF_K), dst_reg: 0, src_reg: 0, off: 0, imm: 0),
        bpf_insn(code: UInt8(BPF_JMP | BPF_EXIT), dst_reg: 0, src_reg: 0, off: 0, imm: 0),
    ]

    static func doingNothing(
        _ type: bpf_prog_type, _ what: String
    ) throws(BPFError) -> FileDescriptor {
        try unsafe load(type, returnZero, what) { _ in }
    }

    /// For a hook that is a function of `vmlinux` or of `module`.
    static func tracing(
        _ attach: bpf_attach_type, function id: UInt32, module: String?, _ what: String
    ) throws(BPFError) -> FileDescriptor {
        guard let module else { return try tracing(attach, id, typesNumber: 0, what) }
        let types = try moduleBTF(module)
        return try tracing(attach, id, typesNumber: types.number, what)
    }

    private static func tracing(
        _ attach: bpf_attach_type, _ id: UInt32, typesNumber: Int32, _ what: String
    ) throws(BPFError) -> FileDescriptor {
        try unsafe load(BPF_PROG_TYPE_TRACING, returnZero, what) { options in
            unsafe options.expected_attach_type = attach
            unsafe options.attach_btf_id = id
            unsafe options.attach_btf_obj_fd = UInt32(typesNumber)
        }
    }

    static func load(
        _ type: bpf_prog_type, _ instructions: [bpf_insn], _ what: String,
        _ configure: (inout bpf_prog_load_opts) -> Void
    ) throws(BPFError) -> FileDescriptor {
        LibbpfLog.install()
        var options = unsafe bpf_prog_load_opts()
        unsafe options.sz = MemoryLayout<bpf_prog_load_opts>.size
        unsafe configure(&options)
        let number = unsafe bpf_prog_load(
            type, "why_trial", "Dual BSD/GPL", instructions, instructions.count, &options)
        return FileDescriptor(owning: try check(number, .load, what))
    }

    /// Runs it once, with no context.
    static func run(_ number: Int32, _ name: String) throws(BPFError) -> Int32 {
        var options = unsafe bpf_test_run_opts()
        unsafe options.sz = MemoryLayout<bpf_test_run_opts>.size
        try unsafe check(bpf_prog_test_run_opts(number, &options), .load, "run program \(name)")
        return unsafe Int32(bitPattern: options.retval)
    }

    /// The kernel's own BTF object of a module: trampolines name it by descriptor.
    private static func moduleBTF(_ name: String) throws(BPFError) -> FileDescriptor {
        let what = "find the types of module \(name)"
        var id: UInt32 = 0
        while true {
            let next = unsafe bpf_btf_get_next_id(id, &id)
            try check(next, .btf, what, detail: next == -EPERM ? "it takes CAP_SYS_ADMIN" : nil)
            let number = bpf_btf_get_fd_by_id(id)
            // Gone again meanwhile.
            if number == -ENOENT { continue }
            let types = FileDescriptor(owning: try check(number, .btf, what))
            if btfName(types.number) == name { return types }
        }
    }

    private static func btfName(_ number: Int32) -> String? {
        var buffer = [CChar](repeating: 0, count: 64)
        let capacity = UInt32(buffer.count)
        // SAFETY: the kernel writes at most `name_len` bytes, the last a NUL.
        return unsafe buffer.withUnsafeMutableBufferPointer { buffer in
            var info = bpf_btf_info()
            var size = UInt32(MemoryLayout<bpf_btf_info>.size)
            info.name = UInt64(UInt(bitPattern: buffer.baseAddress))
            info.name_len = capacity
            guard unsafe bpf_obj_get_info_by_fd(number, &info, &size) == 0 else { return nil }
            return unsafe buffer.baseAddress.map { unsafe String(cString: $0) }
        }
    }
}
