/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Kernel stacks, each kept once. A key that has the number of one counts by stack. */
#ifndef TCPWHY_STACK_H
#define TCPWHY_STACK_H

/* The host makes it small where no stacks are wanted. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, WHY_STACKS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, WHY_STACK_DEPTH * sizeof(__u64));
} stacks SEC(".maps");

/*
 * Its number + 1. The stack that comes first to a place of the table keeps it; one that
 * has the same hash is lost, and so is its number.
 */
static __always_inline __u16 stack_here(void *ctx)
{
	long number = bpf_get_stackid(ctx, &stacks, 0);

	return number < 0 ? WHY_STACK_LOST : number + 1;
}

#endif
