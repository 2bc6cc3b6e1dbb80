/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Connects to Unix stream sockets that found the listener's queue full: unix_stream_connect()
 * then waits, or gives EAGAIN to who does not want to wait. Looked at when that comes back, so
 * that a connect which succeeds costs no more than the test for it.
 */
#ifndef TCPWHY_CONNECT_UNIX_H
#define TCPWHY_CONNECT_UNIX_H

#include "kernel.h"
#include "../include/connect.h"
#include "connect_attempt.h"
#include "connect_call.h"
#include "connect_config.h"
#include "count.h"
#include "current_netns.h"
#include "epoch.h"
#include "process_name.h"
#include "task_arguments.h"

#define AF_UNIX 1

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct why_unix_key);
	__type(value, __u64);
} connect_unix SEC(".maps");

/* The caller's struct sockaddr_un is still where it was; another thread may have changed it. */
static __always_inline bool read_unix_path(struct why_unix_key *key, const void *address,
					   __u32 length)
{
	__u16 family = 0;

	if (length <= sizeof(family) || bpf_probe_read_user(&family, sizeof(family), address) ||
	    family != AF_UNIX)
		return false;
	length -= sizeof(family);
	if (length > WHY_UNIX_PATH_LEN)
		length = WHY_UNIX_PATH_LEN;
	key->length = length;
	/* The verifier is to see the bound that the compiler knows. */
	barrier_var(length);
	if (length > WHY_UNIX_PATH_LEN)
		return false;
	return !bpf_probe_read_user(key->path, length, address + sizeof(family));
}

static __noinline int count_full_unix(void)
{
	struct why_unix_key key = {};
	struct pt_regs *regs;
	__u64 id;

	if (!has_task_arguments)
		return 0;
	regs = task_registers();
	if (!read_unix_path(&key, (const void *)PT_REGS_PARM2_SYSCALL(regs),
			    PT_REGS_PARM3_SYSCALL(regs)))
		return 0;
	key.netns = current_netns();
	if (config.netns && config.netns != key.netns)
		return 0;
	id = bpf_get_current_pid_tgid();
	key.pid = id >> 32;
	key.epoch = epoch;
	process_name(key.comm, id);
	if (!count_under(&connect_unix, &key, 1))
		count_connect_loss(WHY_LOSS_UNIX);
	return 0;
}

static __always_inline int unix_connected(__s64 ret)
{
	if (config.full_unix && ret == -EAGAIN && active)
		count_full_unix();
	return 0;
}

#endif
