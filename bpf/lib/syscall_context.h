/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the tracepoints of group syscalls hand over. */
#ifndef TCPWHY_SYSCALL_CONTEXT_H
#define TCPWHY_SYSCALL_CONTEXT_H

#include "kernel.h"

struct why_syscall_enter {
	__u64 common;
	__u64 number;
	__u64 args[6];
};

struct why_syscall_exit {
	__u64 common;
	__u64 number;
	__s64 ret;
};

#endif
