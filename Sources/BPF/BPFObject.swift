// SPDX-License-Identifier: Apache-2.0
import CLibbpf
import Glibc

/// A compiled BPF object: opened, configured, loaded, then attached program by
/// program. Everything that it created in the kernel goes with it, links that
/// are still held excepted.
@safe
public struct BPFObject: ~Copyable {
    public let name: String
    // INVARIANT: valid from a successful open until `deinit`, which alone frees it.
    let handle: OpaquePointer

    /// Reads an ELF object; nothing reaches the kernel before `load`.
    /// - Parameter bytes: needed during this call only.
    public init(bytes: UnsafeRawBufferPointer, name: String) throws(BPFError) {
        let (opened, warnings) = unsafe LibbpfLog.capturing {
            () -> (handle: OpaquePointer?, errno: Int32) in
            var options = unsafe bpf_object_open_opts()
            unsafe options.sz = MemoryLayout<bpf_object_open_opts>.size
            return unsafe name.withCString { name in
                unsafe options.object_name = name
                let handle = unsafe bpf_object__open_mem(bytes.baseAddress, bytes.count, &options)
                return unsafe (handle, errno)
            }
        }
        guard let handle = unsafe opened.handle else {
            throw unsafe BPFError(
                .open, errno: opened.errno, "open BPF object \(name)",
                detail: VerifierLog.tail(of: warnings))
        }
        self.name = name
        unsafe self.handle = handle
    }

    deinit {
        unsafe bpf_object__close(handle)
    }

    // MARK: What is in it

    public var programNames: [String] {
        var names: [String] = []
        var program = unsafe bpf_object__next_program(handle, nil)
        while let current = unsafe program {
            unsafe names.append(String(cString: bpf_program__name(current)))
            unsafe program = unsafe bpf_object__next_program(handle, current)
        }
        return names
    }

    public var mapNames: [String] {
        var names: [String] = []
        var map = unsafe bpf_object__next_map(handle, nil)
        while let current = unsafe map {
            unsafe names.append(String(cString: bpf_map__name(current)))
            unsafe map = unsafe bpf_object__next_map(handle, current)
        }
        return names
    }

    // MARK: Before the load

    public func setAutoload(program: String, _ load: Bool) throws(BPFError) {
        try unsafe check(
            bpf_program__set_autoload(find(program: program), load), .open,
            "choose program \(program)")
    }

    /// Loads these programs and no other.
    public func only(programs chosen: Set<String>) throws(BPFError) {
        let present = programNames
        for name in chosen where !present.contains(name) { throw missing("program", name) }
        for name in present { try setAutoload(program: name, chosen.contains(name)) }
    }

    /// Sets a data section (`.rodata.config`, `.data`); its size must be `bytes`'.
    public func setInitialValue(
        map: String, _ bytes: UnsafeRawBufferPointer
    ) throws(BPFError) {
        try unsafe check(
            bpf_map__set_initial_value(find(map: map), bytes.baseAddress, bytes.count), .map,
            "set \(map) to \(bytes.count) bytes")
    }

    /// Sets a read-only section to the one value that it holds.
    public func setReadOnly<Value: BitwiseCopyable>(
        _ value: Value, map: String
    ) throws(BPFError) {
        // A typed error does not pass through withUnsafeBytes: it comes as a value.
        let failure = unsafe withUnsafeBytes(of: value) { bytes -> BPFError? in
            do throws(BPFError) {
                try unsafe setInitialValue(map: map, bytes)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    public func setMaxEntries(map: String, _ count: UInt32) throws(BPFError) {
        try unsafe check(
            bpf_map__set_max_entries(find(map: map), count), .map,
            "size map \(map) for \(count) entries")
    }

    public func setValueSize(map: String, _ size: UInt32) throws(BPFError) {
        try unsafe check(
            bpf_map__set_value_size(find(map: map), size), .map,
            "size map \(map) for values of \(size) bytes")
    }

    /// Makes no such map. The verifier must see that no program comes to use it.
    public func leaveOut(map: String) throws(BPFError) {
        try unsafe check(bpf_map__set_autocreate(find(map: map), false), .map, "leave out map \(map)")
    }

    /// `BPF_F_*` of map creation, for instance no preallocation.
    public func setMapFlags(map: String, _ flags: UInt32) throws(BPFError) {
        try unsafe check(
            bpf_map__set_map_flags(find(map: map), flags), .map, "set the flags of map \(map)")
    }

    /// Takes another object's map instead of making its own; both must describe it alike.
    public func share(map name: String, with other: borrowing BPFObject) throws(BPFError) {
        let shared = try other.map(named: name)
        // libbpf makes a descriptor of its own of it.
        try unsafe check(
            bpf_map__reuse_fd(find(map: name), shared.file.number), .map, "share map \(name)")
    }

    /// The kernel function of a trampoline program whose section names none.
    public func setAttachTarget(program: String, function: String) throws(BPFError) {
        try unsafe check(
            bpf_program__set_attach_target(find(program: program), 0, function), .open,
            "aim program \(program) at \(function)")
    }

    // MARK: The load

    /// Creates the maps and loads the chosen programs. The error carries the
    /// verifier's last useful lines.
    public func load() throws(BPFError) {
        let (result, warnings) = LibbpfLog.capturing { unsafe bpf_object__load(handle) }
        let program = VerifierLog.refusedProgram(in: warnings).map { "program \($0) of " } ?? ""
        // Where it cannot try a feature of the kernel for want of descriptors, libbpf goes on without
        // the feature, and the verifier's words are of that.
        let room = mapNames.count + programNames.count
        if result < 0, !FileDescriptor.hasRoom(for: room) {
            throw BPFError(.load, errno: EMFILE, "load BPF object \(name)")
        }
        try check(
            result, .load, "load \(program)BPF object \(name)",
            detail: VerifierLog.tail(of: warnings))
    }

    // MARK: After the load

    public func map(named name: String) throws(BPFError) -> BPFMap {
        try unsafe BPFMap(of: find(map: name), name: name)
    }

    // MARK: By name

    func find(program name: String) throws(BPFError) -> OpaquePointer {
        guard let program = unsafe bpf_object__find_program_by_name(handle, name) else {
            throw missing("program", name)
        }
        return unsafe program
    }

    func find(map name: String) throws(BPFError) -> OpaquePointer {
        guard let map = unsafe bpf_object__find_map_by_name(handle, name) else {
            throw missing("map", name)
        }
        return unsafe map
    }

    private func missing(_ kind: String, _ name: String) -> BPFError {
        BPFError(.notFound, "find \(kind) \(name) in BPF object \(self.name)")
    }
}
