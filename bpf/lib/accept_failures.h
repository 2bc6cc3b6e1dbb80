/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls of accept() that failed, by who called and why: by the process, whose limits they are,
 * not by the socket. What fails for want of a descriptor never looks at the socket's queue.
 */
#ifndef TCPWHY_ACCEPT_FAILURES_H
#define TCPWHY_ACCEPT_FAILURES_H

#include "kernel.h"
#include "accept_config.h"
#include "accept_rows.h"
#include "count.h"
#include "current_netns.h"
#include "epoch.h"
#include "process_name.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct why_accept_failure_key);
	__type(value, __u64);
} accept_failures SEC(".maps");

/* Nothing waited, a signal came, or the client went away: no fault of the caller's. */
static __always_inline bool is_accept_failure(__s64 ret)
{
	return ret < 0 && ret > -ERESTARTSYS && ret != -EAGAIN && ret != -EINTR &&
	       ret != -ECONNABORTED;
}

static __noinline int count_accept_failure(__u32 error)
{
	struct why_accept_failure_key key = {};
	__u64 id = bpf_get_current_pid_tgid();

	key.netns = current_netns();
	if (config.netns && config.netns != key.netns)
		return 0;
	key.pid = id >> 32;
	key.error = error;
	key.epoch = epoch;
	process_name(key.comm, id);
	if (!count_under(&accept_failures, &key, 1))
		count_accept_loss(WHY_ACCEPT_LOSS_FAILURE);
	return 0;
}

static __always_inline int accept_returned(__s64 ret)
{
	if (active && is_accept_failure(ret))
		count_accept_failure(-ret);
	return 0;
}

#endif
