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
#include "current_netns.h"
#include "epoch.h"
#include "process_name.h"

#define EINTR 4
#define EAGAIN 11
#define ECONNABORTED 103
#define ERESTARTSYS 512 /* and three more up to ERESTART_RESTARTBLOCK, 516 */

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
	__u64 one = 1, *count;

	key.netns = current_netns();
	if (config.netns && config.netns != key.netns)
		return 0;
	key.pid = id >> 32;
	key.error = error;
	key.epoch = epoch;
	process_name(key.comm, id);
	count = bpf_map_lookup_elem(&accept_failures, &key);
	if (count) {
		__sync_fetch_and_add(count, 1);
		return 0;
	}
	/* Another thread of the process may have made the row meanwhile. */
	if (!bpf_map_update_elem(&accept_failures, &key, &one, BPF_NOEXIST))
		return 0;
	count = bpf_map_lookup_elem(&accept_failures, &key);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
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
