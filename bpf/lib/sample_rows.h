/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Samples by process and stacks, of each epoch. Those of which a stack or the row finds no
 * place in the tables go through the ring buffer, whole.
 */
#ifndef TCPWHY_SAMPLE_ROWS_H
#define TCPWHY_SAMPLE_ROWS_H

#include "kernel.h"
#include "../include/sample.h"
#include "count.h"
#include "reported_processes.h"
#include "stack_table.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, struct why_stack_key);
	__type(value, __u64);
} sample_rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EPOCHS *WHY_SAMPLE_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} sample_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} sample_events SEC(".maps");

static __always_inline void count_sample(__u32 epoch, __u32 kind)
{
	count_here(&sample_counts, epoch * WHY_SAMPLE_COUNT + kind);
}

/* Both stacks at once: the table had no place for one of them. */
static __always_inline bool send_stacks(void *ctx, const struct why_stack_key *key)
{
	struct why_stack_event *event = bpf_ringbuf_reserve(&sample_events, sizeof(*event), 0);
	long got;

	if (!event)
		return false;
	event->kind = WHY_SAMPLE_EVENT_STACKS;
	event->pad = 0;
	event->key = *key;
	got = bpf_get_stack(ctx, event->kernel, sizeof(event->kernel), 0);
	event->kernel_bytes = got > 0 ? got : 0;
	got = bpf_get_stack(ctx, event->user, sizeof(event->user), BPF_F_USER_STACK);
	event->user_bytes = got > 0 ? got : 0;
	bpf_ringbuf_submit(event, 0);
	return true;
}

static __always_inline void count_stacks(void *ctx, struct why_stack_key *key)
{
	__u64 *count, zero = 0;
	__u32 now = turn;

	key->epoch = now & 1;
	count_sample(key->epoch, WHY_SAMPLE_ALL);
	key->kernel = stack_here(ctx, 0, now);
	key->user = stack_here(ctx, BPF_F_USER_STACK, now);
	if (key->kernel == -EEXIST || key->user == -EEXIST) {
		report_process(&sample_events, key->pid);
		/* If that fails it is counted all the same: its row says that a stack was lost. */
		if (send_stacks(ctx, key))
			return;
	}
	count = bpf_map_lookup_elem(&sample_rows, key);
	if (!count) {
		/* A process that has a row was reported with the first of them. */
		report_process(&sample_events, key->pid);
		bpf_map_update_elem(&sample_rows, key, &zero, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&sample_rows, key);
		if (!count) {
			if (!send_stacks(ctx, key))
				count_sample(key->epoch, WHY_SAMPLE_NO_ROOM);
			return;
		}
	}
	__sync_fetch_and_add(count, 1);
}

#endif
