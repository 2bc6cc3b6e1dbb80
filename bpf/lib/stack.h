/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stacks, each kept once, that keys name by their place. The kernel's tables have one place
 * per hash, which the stack that comes first keeps: the second table takes what finds its
 * place in the first one taken. The host sizes both, or has them not made at all.
 */
#ifndef TCPWHY_STACK_H
#define TCPWHY_STACK_H

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, WHY_STACKS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, WHY_STACK_DEPTH * sizeof(__u64));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, WHY_STACKS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, WHY_STACK_DEPTH * sizeof(__u64));
} more_stacks SEC(".maps");

/*
 * The place of the stack that this program runs on, or minus errno: EEXIST if both tables
 * have another one there.
 */
static __always_inline __s32 stack_here(void *ctx, __u64 flags)
{
	long place = bpf_get_stackid(ctx, &stacks, flags);

	if (place != -EEXIST)
		return place;
	place = bpf_get_stackid(ctx, &more_stacks, flags);
	return place < 0 ? place : place + WHY_STACKS;
}

#endif
