/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stacks, each kept once, that keys name by a number. The kernel's tables have one place per
 * hash, which the stack that comes first keeps: the second table takes what finds its place
 * in the first one taken. The host sizes them, or has them not made at all.
 *
 * They have the life of all rows (epoch.h), so there are two pairs. A key may outlive the
 * epoch in which its stack was taken (a search that lasts), so a number says at which turn
 * that was: the host keeps the stacks of one turn more than it empties, and takes no stack
 * for another one that has its place by now.
 */
#ifndef TCPWHY_STACK_TABLE_H
#define TCPWHY_STACK_TABLE_H

#include "kernel.h"
#include "../include/stack_keys.h"
#include "epoch.h"

static volatile __u32 turn SEC(".data.turn") = 0; /* the host's to write: how often it has turned */

struct stack_table {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 1 << WHY_STACK_BITS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, WHY_STACK_DEPTH * sizeof(__u64));
};

/* Of even turns, and of odd ones. */
struct stack_table stacks_0 SEC(".maps");
struct stack_table more_stacks_0 SEC(".maps");
struct stack_table stacks_1 SEC(".maps");
struct stack_table more_stacks_1 SEC(".maps");

/*
 * The number of the stack that this program runs on, or minus errno: EEXIST if both tables
 * have another one there.
 * @now: the turn. Read once for both stacks of a key, the host sees them together.
 */
static __always_inline __s32 stack_here(void *ctx, __u64 flags, __u32 now)
{
	long place = bpf_get_stackid(ctx, now & 1 ? &stacks_1 : &stacks_0, flags);

	if (place == -EEXIST) {
		place = bpf_get_stackid(ctx, now & 1 ? &more_stacks_1 : &more_stacks_0, flags);
		if (place >= 0)
			place += 1 << WHY_STACK_BITS;
	}
	return place < 0 ? place : place + (now << WHY_STACK_TURN_SHIFT & 0x7fffffff);
}

#endif
