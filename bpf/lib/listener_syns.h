/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * SYNs that listeners drop, by the kernel's stack. tcp_conn_request() ends them in
 * consume_skb(), as if they had been used: the tracepoint kfree_skb does not see them.
 */
#ifndef TCPWHY_LISTENER_SYNS_H
#define TCPWHY_LISTENER_SYNS_H

#include "kernel.h"
#include "../include/stack_keys.h"
#include "cgroup.h"
#include "stack_table.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct why_syn_key);
	__type(value, __u64);
} listener_syns SEC(".maps");

/* All of them, whether or not their row has room, of each epoch. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EPOCHS);
	__type(key, __u32);
	__type(value, __u64);
} listener_syn_count SEC(".maps");

static __always_inline void count_syn(void *ctx, struct sock *listener, __u32 cause)
{
	__u32 now = turn, side = now & 1;
	struct why_syn_key key = { .cause = cause, .epoch = side };
	__u64 *count, zero = 0;

	if (wanted_cgroup && !is_in_wanted_cgroup(listener))
		return;
	count = bpf_map_lookup_elem(&listener_syn_count, &side);
	if (count)
		*count += 1;
	key.stack = stack_here(ctx, 0, now);
	count = bpf_map_lookup_elem(&listener_syns, &key);
	if (!count) {
		bpf_map_update_elem(&listener_syns, &key, &zero, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&listener_syns, &key);
	}
	if (count)
		__sync_fetch_and_add(count, 1);
}

#endif
