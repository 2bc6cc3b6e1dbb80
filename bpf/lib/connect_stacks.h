/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who asked for searches, by both stacks: the totals of connect_attempt.h, divided another way. What
 * is added to those is added here in the same breath, so that the sums are equal. Without
 * config.stacks the verifier drops all of this, and no map is made.
 */
#ifndef TCPWHY_CONNECT_STACKS_H
#define TCPWHY_CONNECT_STACKS_H

#include "kernel.h"
#include "../include/connect.h"
#include "../include/stack_keys.h"
#include "epoch.h"
#include "reported_processes.h"
#include "stack_table.h"

/* The stacks that a search began on, in what may be another epoch than the one it ends in. */
struct why_caller {
	__s32 kernel;
	__s32 user;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct why_stack_key);
	__type(value, struct why_search_sums);
} connect_stacks SEC(".maps");

/* What finds no room there, of each epoch. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, EPOCHS);
	__type(key, __u32);
	__type(value, struct why_search_sums);
} connect_other_stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} connect_processes SEC(".maps");

/* Before the search is timed: it must not pay for this. */
static __always_inline void note_caller(void *ctx, struct why_caller *caller, __u32 pid)
{
	__u32 now = turn;

	caller->kernel = stack_here(ctx, 0, now);
	caller->user = stack_here(ctx, BPF_F_USER_STACK, now);
	report_process(&connect_processes, pid);
}

static __always_inline struct why_search_sums *sums_for(const struct why_stack_key *key)
{
	struct why_search_sums *found = bpf_map_lookup_elem(&connect_stacks, key), zero = {};

	if (found)
		return found;
	bpf_map_update_elem(&connect_stacks, key, &zero, BPF_NOEXIST);
	found = bpf_map_lookup_elem(&connect_stacks, key);
	return found ? found : bpf_map_lookup_elem(&connect_other_stacks, &key->epoch);
}

/* One more search; tried: 0 if that is not known. */
static __noinline void count_search(const struct why_connect_key *owner,
				    const struct why_caller *caller, __u64 search_ns, __u32 tried)
{
	struct why_stack_key key = {
		.pid = owner->pid,
		.kernel = caller->kernel,
		.user = caller->user,
		.epoch = epoch,
	};
	struct why_search_sums *sums;

	__builtin_memcpy(key.comm, owner->comm, WHY_COMM_LEN);
	sums = sums_for(&key);
	if (!sums)
		return;
	__sync_fetch_and_add(&sums->searches, 1);
	__sync_fetch_and_add(&sums->search_ns, search_ns);
	__sync_fetch_and_add(&sums->tried, tried);
}

#endif
