// SPDX-License-Identifier: Apache-2.0

/// Names of Linux error numbers (asm-generic/errno.h, the same on x86-64 and arm64).
public enum ErrorName {
    /// "EADDRNOTAVAIL" for 99; "errno 200" for a number without a name; "other" for
    /// 0, the counter that takes the numbers beyond the table of the BPF programs.
    public static func name(_ number: Int32) -> String {
        if number == 0 { return "other" }
        guard let index = Int(exactly: number), names.indices.contains(index), names[index] != ""
        else { return "errno \(number)" }
        return names[index]
    }

    /// By number; empty where there is none.
    private static let names: [String] = [
        "", "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF",
        "ECHILD", "EAGAIN", "ENOMEM", "EACCES", "EFAULT", "ENOTBLK", "EBUSY", "EEXIST", "EXDEV",
        "ENODEV", "ENOTDIR", "EISDIR", "EINVAL", "ENFILE", "EMFILE", "ENOTTY", "ETXTBSY", "EFBIG",
        "ENOSPC", "ESPIPE", "EROFS", "EMLINK", "EPIPE", "EDOM", "ERANGE", "EDEADLK", "ENAMETOOLONG",
        "ENOLCK", "ENOSYS", "ENOTEMPTY", "ELOOP", "", "ENOMSG", "EIDRM", "ECHRNG", "EL2NSYNC",
        "EL3HLT", "EL3RST", "ELNRNG", "EUNATCH", "ENOCSI", "EL2HLT", "EBADE", "EBADR", "EXFULL",
        "ENOANO", "EBADRQC", "EBADSLT", "", "EBFONT", "ENOSTR", "ENODATA", "ETIME", "ENOSR",
        "ENONET", "ENOPKG", "EREMOTE", "ENOLINK", "EADV", "ESRMNT", "ECOMM", "EPROTO", "EMULTIHOP",
        "EDOTDOT", "EBADMSG", "EOVERFLOW", "ENOTUNIQ", "EBADFD", "EREMCHG", "ELIBACC", "ELIBBAD",
        "ELIBSCN", "ELIBMAX", "ELIBEXEC", "EILSEQ", "ERESTART", "ESTRPIPE", "EUSERS", "ENOTSOCK",
        "EDESTADDRREQ", "EMSGSIZE", "EPROTOTYPE", "ENOPROTOOPT", "EPROTONOSUPPORT",
        "ESOCKTNOSUPPORT", "EOPNOTSUPP", "EPFNOSUPPORT", "EAFNOSUPPORT", "EADDRINUSE",
        "EADDRNOTAVAIL", "ENETDOWN", "ENETUNREACH", "ENETRESET", "ECONNABORTED", "ECONNRESET",
        "ENOBUFS", "EISCONN", "ENOTCONN", "ESHUTDOWN", "ETOOMANYREFS", "ETIMEDOUT", "ECONNREFUSED",
        "EHOSTDOWN", "EHOSTUNREACH", "EALREADY", "EINPROGRESS", "ESTALE", "EUCLEAN", "ENOTNAM",
        "ENAVAIL", "EISNAM", "EREMOTEIO", "EDQUOT", "ENOMEDIUM", "EMEDIUMTYPE", "ECANCELED",
        "ENOKEY", "EKEYEXPIRED", "EKEYREVOKED", "EKEYREJECTED", "EOWNERDEAD", "ENOTRECOVERABLE",
        "ERFKILL", "EHWPOISON",
    ]
}

/// Linux error numbers that conclusions are drawn from, by the names that swift-system has for them.
package enum ErrorNumber {
    package static let notPermitted: Int32 = 1
    package static let noMemory: Int32 = 12
    package static let permissionDenied: Int32 = 13
    package static let tooManyOpenFilesInSystem: Int32 = 23
    package static let tooManyOpenFiles: Int32 = 24
    package static let addressInUse: Int32 = 98
    package static let addressNotAvailable: Int32 = 99
    package static let networkDown: Int32 = 100
    package static let networkUnreachable: Int32 = 101
    package static let connectionReset: Int32 = 104
    package static let noBufferSpace: Int32 = 105
    package static let timedOut: Int32 = 110
    package static let connectionRefused: Int32 = 111
    package static let noRouteToHost: Int32 = 113
}
